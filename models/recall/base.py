"""The contract of a recall channel. Public methods validate and verify; a channel implements the private ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix

from features.settings import Settings
from models.recall.ragged import among, positions, repeated
from models.types import Catalogue, Interactions, Lists

ConfigT = TypeVar("ConfigT", bound=Settings)


class ChannelConfig(Settings):
    """What every channel's section may say. k: candidates of the channel per user; None for `recall.k`."""

    k: int | None = Field(None, ge=1, le=2000)


class Channel(ABC, Generic[ConfigT]):
    """A source of candidates, learnt from the interactions as of one day.

    needs: fields of `Catalogue` that it looks at; what of them a data set lacks costs the channel lists, and no more.
    config: the channel's own section. repeats: whether items that a user already took may be listed again. seed: of
    whatever is drawn at random. The same arguments and interactions give the same lists, whatever the order of the
    rows, the number of threads or the users asked together.
    """

    name: ClassVar[str]
    Config: ClassVar[type[Any]]
    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, config: ConfigT, *, repeats: bool, seed: int) -> None:
        if not isinstance(config, self.Config):
            raise TypeError(f"{self.name} takes a {self.Config.__name__}, not a {type(config).__name__}.")
        self.config = config
        self.repeats = repeats
        self.seed = seed
        self.shape: tuple[int, int] | None = None
        self._seen: csr_matrix | None = None

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Learns from all interactions and from what else is known; None: nothing is.

        Raises ValueError when they break the contracts of `Interactions` and `Catalogue`.
        """
        interactions, catalogue = canonical(interactions), catalogue or Catalogue()
        check_catalogue(catalogue, interactions.shape)
        self._seen = None if self.repeats else interactions.matrix()
        self._fit(interactions, catalogue)
        self.shape = interactions.shape
        return self

    def recall(self, users: np.ndarray, k: int) -> Lists:
        """Lists aligned with `users` ((n,) user codes): at most k items each, scores finite and above 0.

        No evidence, no item: a list is shorter than k, or empty, rather than padded. Without `repeats` it holds no
        item of the user's interactions.

        Raises RuntimeError before `fit` and when the channel breaks these promises, ValueError on bad arguments.
        """
        if self.shape is None:
            raise RuntimeError(f"{self.name}: call fit before recall.")
        users = np.asarray(users)
        if users.ndim != 1 or (users.size and not np.issubdtype(users.dtype, np.integer)):
            raise ValueError(f"{self.name}: users is a 1-d array of user codes, not {users.dtype} {users.shape}.")
        if users.size and not 0 <= users.min() <= users.max() < self.shape[0]:
            raise ValueError(f"{self.name}: user codes outside 0..{self.shape[0] - 1}.")
        if k < 1:
            raise ValueError(f"{self.name}: k is {k}, at least 1 is needed.")
        users = users.astype(np.int64)
        lists = self._recall(users, int(k))
        self._verify(lists, users, k)
        return lists

    @property
    def uses_spark(self) -> bool:
        """Whether `fit` needs an active Spark session."""
        return False

    @abstractmethod
    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:
        """Learns from validated interactions in canonical order, and from the catalogue."""

    @abstractmethod
    def _recall(self, users: np.ndarray, k: int) -> Lists:
        """What `recall` promises, for valid (n,) int64 user codes."""

    def _seen_entries(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(row of `users`, item) of all that may not be listed, sorted; nothing when repeats are allowed."""
        if self._seen is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        rows = self._seen[users]
        return np.repeat(np.arange(len(users)), np.diff(rows.indptr)), rows.indices.astype(np.int64)

    def _verify(self, lists: Lists, users: np.ndarray, k: int) -> None:
        assert self.shape is not None
        broken = broken_promises(lists, len(users), self.shape[1], k)
        if not broken:
            n_items = max(self.shape[1], 1)
            rows = np.repeat(np.arange(len(users)), np.diff(lists.offsets))
            seen_rows, seen_items = self._seen_entries(users)
            if among(rows * n_items + lists.items, seen_rows * n_items + seen_items).any():
                broken.append("items of the user's own past although repeats are off")
        if broken:
            raise RuntimeError(f"recall channel {self.name} returned {'; '.join(broken)}.")


def broken_promises(lists: Lists, n: int, n_items: int, k: int) -> list[str]:
    """What is wrong with the lists of n users, in words; empty when nothing is."""
    offsets, items, scores = lists.offsets, lists.items, lists.scores
    counts = np.diff(offsets)
    if len(lists) != n or offsets[0] != 0 or (counts < 0).any() or not offsets[-1] == len(items) == len(scores):
        return [f"arrays that are not {n} lists"]
    types = (offsets.dtype, items.dtype, scores.dtype)
    if types != (np.dtype(np.int64), np.dtype(np.int32), np.dtype(np.float32)):
        return [f"arrays of the types {', '.join(map(str, types))}"]
    broken = []
    if (counts > k).any():
        broken.append(f"more than {k} items")
    if len(items) and not 0 <= items.min() <= items.max() < n_items:
        return [*broken, f"item codes outside 0..{n_items - 1}"]
    if not (np.isfinite(scores) & (scores > 0)).all():
        broken.append("scores that are not finite and above 0")
    follows = positions(counts)[1:] > 0
    step = np.diff(scores)
    if (follows & ((step > 0) | ((step == 0) & (np.diff(items) < 0)))).any():
        broken.append("lists that don't fall by score, then rise by item code")
    if repeated(np.repeat(np.arange(n), counts) * np.int64(n_items) + items):
        broken.append("an item twice in a list")
    return broken


def check_catalogue(catalogue: Catalogue, shape: tuple[int, int]) -> None:
    """Raises ValueError naming every array that isn't one value a user or an item."""
    of_items = {"names": catalogue.names, "prices": catalogue.prices, "ages": catalogue.ages, "rates": catalogue.rates}
    lengths = {
        **{name: (values, shape[1]) for name, values in of_items.items() if values is not None},
        **{f"groups.{name}": (codes, shape[1]) for name, codes in catalogue.groups.items()},
        **{f"segments.{name}": (codes, shape[0]) for name, codes in catalogue.segments.items()},
    }
    if wrong := [
        f"{name} has {len(values)} values, not {n}" for name, (values, n) in lengths.items() if len(values) != n
    ]:
        raise ValueError(f"catalogue: {'; '.join(wrong)}.")


def canonical(interactions: Interactions) -> Interactions:
    """The same interactions sorted by user, item, age, so that sums of floats don't depend on the order given.

    Raises ValueError naming every breach: unequal lengths, codes out of range, negative ages or hours, weights that are
    not finite and above 0, two rows of one user, item and day.
    """
    users, items, ages, weights = interactions.users, interactions.items, interactions.ages, interactions.weights
    hours, (n_users, n_items) = interactions.hours, interactions.shape
    if not len(users) == len(items) == len(ages) == len(hours) == len(weights):
        raise ValueError("interactions: users, items, ages, hours and weights differ in length.")
    breaches = []
    if len(users):
        if not 0 <= users.min() <= users.max() < n_users:
            breaches.append(f"user codes outside 0..{n_users - 1}")
        if not 0 <= items.min() <= items.max() < n_items:
            breaches.append(f"item codes outside 0..{n_items - 1}")
        if ages.min() < 0:
            breaches.append("ages below 0")
        if hours.min() < 0:
            breaches.append("hours below 0")
        if not (np.isfinite(weights) & (weights > 0)).all():
            breaches.append("weights that are not finite and above 0")
    if breaches:
        raise ValueError(f"interactions: {'; '.join(breaches)}.")
    if not _rises(users, items, ages, n_items):
        order = np.lexsort((ages, items, users))
        users, items, ages, hours, weights = (values[order] for values in (users, items, ages, hours, weights))
        if not _rises(users, items, ages, n_items):
            raise ValueError("interactions: several rows of one user, item and day; sum their weights first.")
    return Interactions(users, items, ages, hours, weights, interactions.shape)


def _rises(users: np.ndarray, items: np.ndarray, ages: np.ndarray, n_items: int) -> bool:
    """Whether the rows rise strictly by user, item, age."""
    step = np.diff(users * np.int64(n_items) + items)
    return bool(((step > 0) | ((step == 0) & (ages[1:] > ages[:-1]))).all())

"""Channels that recommend the same to everyone."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from models.recall.base import Channel, ConfigT
from models.recall.ragged import offsets_of
from models.recall.topk import by_blocks
from models.types import Catalogue, Interactions, Lists


class SharedList(Channel[ConfigT]):
    """One list for every user, save for the user's own past when repeats are off."""

    def shared(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(codes, scores) of the first k items as a stranger is given them, (<= k,) int32 and float32, best first.

        Raises RuntimeError before `fit`.
        """
        if self.shape is None:
            raise RuntimeError(f"{self.name}: call fit before shared.")
        return self._items[:k], self._scores[:k]

    @abstractmethod
    def _best(self, interactions: Interactions) -> tuple[np.ndarray, np.ndarray]:
        """(codes, scores) of all items that may be listed, int32 and float32 above 0, best first, ties by code."""

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:  # noqa: ARG002
        n_items = interactions.shape[1]
        self._items, self._scores = self._best(interactions)
        self._place = np.full(n_items, n_items)
        self._place[self._items] = np.arange(len(self._items))

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        def top(block: np.ndarray) -> Lists:
            rows, items = self._seen_entries(block)
            longest = int(np.bincount(rows).max(initial=0))
            head = min(len(self._items), k + longest)
            keep = np.ones((len(block), head), bool)
            places = self._place[items]
            near = places < head
            keep[rows[near], places[near]] = False
            keep &= np.cumsum(keep, axis=1) <= k
            chosen = np.nonzero(keep)[1]
            return Lists(offsets_of(np.count_nonzero(keep, axis=1)), self._items[chosen], self._scores[chosen])

        return by_blocks(top, users, len(self._items), num_threads=1)


def most_taken(interactions: Interactions, halvings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(codes, scores) of all items with interactions, int32 and float32, best first, ties by item code.

    The score is the number of distinct users and days of the item, each halved so many times ((n,) float64); how much
    one user took on one day does not count.
    """
    total = np.bincount(interactions.items, np.exp2(-halvings), minlength=interactions.shape[1]).astype(np.float32)
    codes = np.flatnonzero(total > 0)
    codes = codes[np.argsort(-total[codes], kind="stable")].astype(np.int32)
    return codes, total[codes]

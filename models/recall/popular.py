"""What most users took lately: the channel for those of whom little is known, and the list for unknown users."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.recall.base import Channel
from models.recall.ragged import offsets_of
from models.recall.topk import by_blocks
from models.types import Catalogue, Interactions, Lists


class PopularConfig(Settings):
    """half_life_days: days after which a user's day with an item counts half; `inf` for no decay."""

    half_life_days: float = Field(7.0, gt=0)


def popular_items(interactions: Interactions, half_life_days: float, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(codes, scores) of the k most popular items, (<= k,) int32 and float32, best first, ties by item code.

    The score is the number of distinct users and days of the item, each day halved per `half_life_days` of age; how
    much one user took on one day does not count. Items without interactions are left out.
    """
    decay = np.exp2(-interactions.ages / np.float64(half_life_days))
    total = np.bincount(interactions.items, decay, minlength=interactions.shape[1]).astype(np.float32)
    codes = np.flatnonzero(total > 0)
    codes = codes[np.argsort(-total[codes], kind="stable")][:k].astype(np.int32)
    return codes, total[codes]


class Popular(Channel[PopularConfig]):
    """The same list for every user, save for the user's own past when repeats are off."""

    name: ClassVar[str] = "popular"
    Config: ClassVar[type[PopularConfig]] = PopularConfig

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:  # noqa: ARG002
        n_items = interactions.shape[1]
        self._items, self._scores = popular_items(interactions, self.config.half_life_days, n_items)
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

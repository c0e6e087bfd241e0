"""What authors and brands made that the user came back to."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from models.recall.affinity import group_affinity, group_items
from models.recall.base import Channel, ChannelConfig
from models.recall.filters import without_seen
from models.recall.ragged import empty_lists
from models.recall.topk import by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists

UNKNOWN_AGE_DAYS = 365


class FollowedConfig(ChannelConfig):
    """min_days: decayed days with items of a brand from which on it is followed. brands: at most so many of a user.
    items: of a brand. order: of a brand's items, by decayed user-days or by age. affinity_days, half_life_days: after
    so many days what a user took counts half, for the user's preference and for the item's popularity. num_threads: 0
    for one per core.
    """

    min_days: float = Field(1.5, gt=0)
    brands: int = Field(20, ge=1, le=200)
    items: int = Field(30, ge=1, le=1000)
    order: Literal["popular", "newest"] = "popular"
    affinity_days: float = Field(60.0, gt=0)
    half_life_days: float = Field(14.0, gt=0)
    num_threads: int = Field(0, ge=0)


class Followed(Channel[FollowedConfig]):
    """Score of an item: the user's decayed days with its brand x the item's decayed user-days or freshness."""

    name: ClassVar[str] = "followed"
    Config: ClassVar[type[FollowedConfig]] = FollowedConfig
    needs: ClassVar[frozenset[str]] = frozenset({"groups", "ages"})

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:
        config, codes = self.config, catalogue.groups.get("brand")
        self._affinity = None
        if codes is None:
            return
        affinity = group_affinity(interactions, codes, config.affinity_days, config.brands)
        affinity.data[affinity.data < config.min_days] = 0
        affinity.eliminate_zeros()
        decay = np.exp2(-interactions.ages / np.float64(config.half_life_days))
        scores: np.ndarray = np.bincount(interactions.items, decay, minlength=interactions.shape[1])
        if config.order == "newest" and catalogue.ages is not None:
            scores = 1 / (1 + np.where(catalogue.ages < 0, UNKNOWN_AGE_DAYS, catalogue.ages))
        self._affinity, self._best = affinity, group_items(scores, codes, config.items)

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        affinity = self._affinity
        if affinity is None:
            return empty_lists(len(users))

        def top(block: np.ndarray) -> Lists:
            scores = affinity[block] @ self._best
            return sparse_top(without_seen(scores, *self._seen_entries(block)), k)

        return by_blocks(top, users, self.config.brands * self.config.items, self.config.num_threads)

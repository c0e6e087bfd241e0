"""The best of what the user likes: popular items of the categories, subcategories and brands that they take most."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.recall.affinity import group_affinity, group_items, narrow_groups
from models.recall.base import Channel, ChannelConfig
from models.recall.filters import without_seen
from models.recall.ragged import empty_lists
from models.recall.topk import by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists


class GroupWeights(Settings):
    """How much a preferred group of a kind says; 0: not looked at."""

    category: float = Field(0.3, ge=0, allow_inf_nan=False)
    subcategory: float = Field(1.0, ge=0, allow_inf_nan=False)
    brand: float = Field(0.5, ge=0, allow_inf_nan=False)


class PopularCategoryConfig(ChannelConfig):
    """groups: preferred groups of a user, of each kind. items: best items of a group. affinity_days, half_life_days:
    after so many days what a user took counts half, for the user's preference and for the item's popularity.
    num_threads: 0 for one per core.
    """

    groups: int = Field(25, ge=1, le=200)
    items: int = Field(50, ge=1, le=1000)
    weights: GroupWeights = GroupWeights()
    affinity_days: float = Field(60.0, gt=0)
    half_life_days: float = Field(14.0, gt=0)
    num_threads: int = Field(0, ge=0)


class PopularCategory(Channel[PopularCategoryConfig]):
    """Score of an item: the sum, over its groups that the user prefers, of decayed days with the group x decayed
    user-days of the item."""

    name: ClassVar[str] = "popular_category"
    Config: ClassVar[type[PopularCategoryConfig]] = PopularCategoryConfig
    needs: ClassVar[frozenset[str]] = frozenset({"groups"})

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:
        config = self.config
        decay = np.exp2(-interactions.ages / np.float64(config.half_life_days))
        taken = np.bincount(interactions.items, decay, minlength=interactions.shape[1]).astype(np.float32)
        self._parts = []
        for name, codes in narrow_groups(catalogue.groups).items():
            if weight := getattr(config.weights, name):
                affinity = group_affinity(interactions, codes, config.affinity_days, config.groups)
                best = group_items(taken, codes, config.items)
                self._parts.append((affinity * np.float32(weight), best))

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        if not self._parts:
            return empty_lists(len(users))

        def top(block: np.ndarray) -> Lists:
            scores = sum(affinity[block] @ best for affinity, best in self._parts)
            return sparse_top(without_seen(scores.tocsr(), *self._seen_entries(block)), k)

        width = len(self._parts) * self.config.groups * self.config.items
        return by_blocks(top, users, width, self.config.num_threads)

"""What most users took lately: the channel for those of whom little is known, and the list for unknown users."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.recall.base import ChannelConfig
from models.recall.shared_list import SharedList, most_taken
from models.types import Interactions


class PopularConfig(ChannelConfig):
    """half_life_days: days after which a user's day with an item counts half; `inf` for no decay."""

    half_life_days: float = Field(7.0, gt=0)


def popular_items(interactions: Interactions, half_life_days: float, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(codes, scores) of the k most popular items, (<= k,) int32 and float32, best first, ties by item code.

    The score is the number of distinct users and days of the item, each day halved per `half_life_days` of age. Items
    without interactions are left out.
    """
    codes, scores = most_taken(interactions, interactions.ages / np.float64(half_life_days))
    return codes[:k], scores[:k]


class Popular(SharedList[PopularConfig]):
    """What most users took, by days."""

    name: ClassVar[str] = "popular"
    Config: ClassVar[type[PopularConfig]] = PopularConfig

    def _best(self, interactions: Interactions) -> tuple[np.ndarray, np.ndarray]:
        return popular_items(interactions, self.config.half_life_days, interactions.shape[1])

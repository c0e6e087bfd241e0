"""What is taken right now: popularity by the hour, for items that live for a day (trending) or for hours (hot)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.recall.base import ChannelConfig
from models.recall.shared_list import SharedList, most_taken
from models.types import Interactions


class TrendingConfig(ChannelConfig):
    """half_life_hours: hours after which what a user took counts half."""

    half_life_hours: float = Field(24.0, gt=0, allow_inf_nan=False)


class HotConfig(TrendingConfig):
    """The same with a shorter half-life."""

    half_life_hours: float = Field(6.0, gt=0, allow_inf_nan=False)


class Trending(SharedList[TrendingConfig]):
    """Users and days of an item, each halved by the hours since the day's last event with it."""

    name: ClassVar[str] = "trending"
    Config: ClassVar[type[TrendingConfig]] = TrendingConfig

    def _best(self, interactions: Interactions) -> tuple[np.ndarray, np.ndarray]:
        return most_taken(interactions, interactions.hours / np.float64(self.config.half_life_hours))


class Hot(Trending):
    """Trending of the last hours. Where items are news, it beats every channel that needs to know them longer."""

    name: ClassVar[str] = "hot"
    Config: ClassVar[type[HotConfig]] = HotConfig

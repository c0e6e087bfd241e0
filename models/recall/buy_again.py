"""What the user took before: where people buy again, the strongest single channel."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.recall.base import Channel, ChannelConfig
from models.recall.ragged import empty_lists
from models.recall.topk import by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists


class BuyAgainConfig(ChannelConfig):
    """half_life_days: days after which a weight counts half; `inf` for no decay."""

    half_life_days: float = Field(60.0, gt=0)


class BuyAgain(Channel[BuyAgainConfig]):
    """The user's own items by decayed weight; without repeats there is nothing to list."""

    name: ClassVar[str] = "buy_again"
    Config: ClassVar[type[BuyAgainConfig]] = BuyAgainConfig

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:  # noqa: ARG002
        self._taken = interactions.matrix(self.config.half_life_days)

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        if not self.repeats:
            return empty_lists(len(users))
        return by_blocks(lambda block: sparse_top(self._taken[block], k), users, self._taken.shape[1], num_threads=1)

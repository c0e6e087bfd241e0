"""New items count for more."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.rerank.base import Rule, Step
from models.rerank.block import Block


class NewBoostConfig(Settings):
    """max_age_days: up to which an item is new. factor: what its value is multiplied with."""

    max_age_days: int = Field(7, ge=0)
    factor: float = Field(1.5, gt=0)


class NewBoost(Rule[NewBoostConfig]):
    name: ClassVar[str] = "new_boost"
    step: ClassVar[Step] = Step.WEIGH
    Config: ClassVar[type[NewBoostConfig]] = NewBoostConfig

    def apply(self, block: Block) -> Block:
        new = self.night.young(self.config.max_age_days)[block.items]
        return block.weighed(np.where(new, self.config.factor, 1.0))

"""What a user was shown often and never took counts for less."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.recall.ragged import among
from models.rerank.base import Rule, Step
from models.rerank.block import Barred, Block, listed


class FatigueConfig(Settings):
    """min_shown: how often an item has to have been shown to a user in the last `windows.shown_days`. factor: what its
    value is then multiplied with; 0: it is left out.
    """

    min_shown: int = Field(5, ge=1)
    factor: float = Field(0.5, ge=0, lt=1)


class Fatigue(Rule[FatigueConfig]):
    name: ClassVar[str] = "fatigue"
    step: ClassVar[Step] = Step.WEIGH
    Config: ClassVar[type[FatigueConfig]] = FatigueConfig

    def apply(self, block: Block) -> Block:
        history = block.history
        often = history.shown[history.times >= self.config.min_shown]
        often = often[~among(often, history.own[history.taken])]
        worn = listed(block.keys, often)
        if self.config.factor:
            return block.weighed(np.where(worn, self.config.factor, 1.0))
        return replace(block.kept(~worn), barred=block.barred + Barred((often,)))

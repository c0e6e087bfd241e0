"""What a campaign boosts counts for more, or for less with a factor below 1."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from features.settings import Settings
from models.rerank.base import Rule, Step
from models.rerank.block import Block
from models.rerank.night import Night


class BoostsConfig(Settings):
    """Nothing to set: boosts are rows of the campaign table."""


class Boosts(Rule[BoostsConfig]):
    """Several boosts of an item multiply."""

    name: ClassVar[str] = "boosts"
    step: ClassVar[Step] = Step.WEIGH
    Config: ClassVar[type[BoostsConfig]] = BoostsConfig

    def __init__(self, config: BoostsConfig, night: Night) -> None:
        super().__init__(config, night)
        self._factors: dict[tuple[str, int] | None, np.ndarray] = {}
        for campaign in night.campaigns:
            if campaign.action == "boost":
                factors = self._factors.setdefault(campaign.segment, np.ones(night.stride))
                factors[campaign.items] *= campaign.factor

    def apply(self, block: Block) -> Block:
        factors = np.ones(len(block.items))
        for segment, by_item in self._factors.items():
            members = block.members(segment)
            own = by_item[block.items]
            factors *= own if members is None else np.where(members[block.rows], own, 1.0)
        return block.weighed(factors)

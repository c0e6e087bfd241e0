"""What a campaign bans is left out: an item, or a category, subcategory or brand, for everyone or for a segment."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from features.settings import Settings
from models.rerank.base import Filter
from models.rerank.block import Barred, Block
from models.rerank.night import Night


class BansConfig(Settings):
    """Nothing to set: bans are rows of the campaign table."""


class Bans(Filter[BansConfig]):
    name: ClassVar[str] = "bans"
    Config: ClassVar[type[BansConfig]] = BansConfig

    def __init__(self, config: BansConfig, night: Night) -> None:
        super().__init__(config, night)
        self._masks: dict[tuple[str, int] | None, np.ndarray] = {}
        for campaign in night.campaigns:
            if campaign.action == "ban":
                mask = self._masks.setdefault(campaign.segment, np.zeros(night.stride, bool))
                mask[campaign.items] = True

    def bars(self, block: Block) -> Barred:
        return Barred(masks=tuple((block.members(segment), mask) for segment, mask in self._masks.items()))

"""No more than so many items of one category, subcategory or brand within the first places."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.rerank.base import Rule, Step
from models.rerank.block import Block
from models.rerank.night import UNKNOWN


class CapsConfig(Settings):
    """category, subcategory, brand: items of one group within the first `places`; 0: as many as come. pool: from how
    many of the best those places are filled.
    """

    category: int = Field(0, ge=0)
    subcategory: int = Field(0, ge=0)
    brand: int = Field(0, ge=0)
    places: int = Field(10, ge=1, le=1000)
    pool: int = Field(200, ge=1)


class Caps(Rule[CapsConfig]):
    """What is one too many moves behind the first places; where nothing else is left it stays. An item of an unknown
    group is never too many.
    """

    name: ClassVar[str] = "caps"
    step: ClassVar[Step] = Step.ARRANGE
    Config: ClassVar[type[CapsConfig]] = CapsConfig

    def apply(self, block: Block) -> Block:
        caps = [(self.night.groups[group], most) for group in _GROUPS if (most := getattr(self.config, group))]
        if not caps or not len(block.items):
            return block
        index, used = block.head(self.config.pool)
        (n, width), rows = used.shape, np.arange(len(block))
        tables = [(np.where(used, codes[block.items[index]], UNKNOWN), most) for codes, most in caps]
        same = [np.zeros((n, width), np.int16) for _ in tables]  # so many of its group stand above already
        free = used.copy()
        picks = np.full((n, min(self.config.places, width)), -1)
        for place in range(picks.shape[1]):
            best = np.argmax(free, axis=1)
            found = free[rows, best]
            picks[found, place] = best[found]
            free[rows, best] = False
            for (codes, most), count in zip(tables, same, strict=True):
                own = codes[rows, best]
                count += (codes == own[:, None]) & (found & (own != UNKNOWN))[:, None]
                free &= count < most
        return block.fronted(index, used, picks)


_GROUPS = ("category", "subcategory", "brand")

"""What the user took is left out, where the data set says that nobody takes an item twice."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.rerank.base import Filter
from models.rerank.block import Barred, Block


class SeenConfig(Settings):
    """days: where items are taken again (`data.repeats`), those taken in the last so many days are left out, too; 0:
    none. Without repeats, everything taken in the window is left out anyway.
    """

    days: int = Field(0, ge=0)


class Seen(Filter[SeenConfig]):
    name: ClassVar[str] = "seen"
    Config: ClassVar[type[SeenConfig]] = SeenConfig

    def bars(self, block: Block) -> Barred:
        history = block.history
        if not self.night.repeats:
            return Barred((history.own[history.taken],))
        with np.errstate(invalid="ignore"):
            lately = history.days_since < self.config.days
        return Barred((history.own[history.taken & lately],)) if self.config.days else Barred()

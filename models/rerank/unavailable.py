"""What the catalogue says can't be had is left out."""

from __future__ import annotations

from typing import ClassVar

from features.settings import Settings
from models.rerank.base import Filter
from models.rerank.block import Barred, Block


class UnavailableConfig(Settings):
    """Nothing to set: `data.items.available` says what can be had."""


class Unavailable(Filter[UnavailableConfig]):
    name: ClassVar[str] = "unavailable"
    Config: ClassVar[type[UnavailableConfig]] = UnavailableConfig

    def bars(self, block: Block) -> Barred:  # noqa: ARG002
        missing = ~self.night.available
        return Barred(masks=((None, missing),)) if missing.any() else Barred()

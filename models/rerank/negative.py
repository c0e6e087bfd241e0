"""What the user disliked, by an event type whose role is negative, is left out."""

from __future__ import annotations

from typing import ClassVar

from features.settings import Settings
from models.rerank.base import Filter
from models.rerank.block import Barred, Block


class NegativeConfig(Settings):
    """Nothing to set: which events are negative is a fact of the data set."""


class Negative(Filter[NegativeConfig]):
    name: ClassVar[str] = "negative"
    Config: ClassVar[type[NegativeConfig]] = NegativeConfig

    def bars(self, block: Block) -> Barred:
        return Barred((block.history.own[block.history.disliked],))

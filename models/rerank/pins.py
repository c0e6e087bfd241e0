"""What a campaign pins stands at its position, for everyone or for a segment."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from features.settings import Settings
from models.rerank import PINNED
from models.rerank.base import Rule, Step
from models.rerank.block import Block
from models.rerank.night import Night


class PinsConfig(Settings):
    """Nothing to set: pins are rows of the campaign table."""


class Pins(Rule[PinsConfig]):
    """Of two pins at one position the one that comes first in the table has it, the other the next. Nobody is shown an
    item that is barred from the list: a pin is no reason to show what can't be had, was banned, disliked or taken.
    """

    name: ClassVar[str] = "pins"
    step: ClassVar[Step] = Step.PLACE
    Config: ClassVar[type[PinsConfig]] = PinsConfig

    def __init__(self, config: PinsConfig, night: Night) -> None:
        super().__init__(config, night)
        pins = [campaign for campaign in night.campaigns if campaign.action == "pin"]
        self._pins = sorted(pins, key=lambda pin: pin.position)  # stable: of equals the first of the table

    def apply(self, block: Block) -> Block:
        everyone, free = np.arange(len(block)), np.zeros(len(block), np.int64)  # the next free place of each row
        given: dict[int, np.ndarray] = {}  # item -> rows that have it
        parts = []
        for pin in self._pins:
            (item,) = pin.items.tolist()
            members = block.members(pin.segment)
            rows = everyone if members is None else np.flatnonzero(members)
            rows = rows[~np.isin(rows, given.get(item, everyone[:0]))]
            rows = rows[~block.barred.holds(rows, np.full(len(rows), item), block.stride)]
            places = np.maximum(free[rows], pin.position - 1)
            fits = places < self.night.n
            rows, places = rows[fits], places[fits]
            free[rows] = places + 1
            given[item] = np.concatenate([given.get(item, everyone[:0]), rows])
            parts.append((rows, np.full(len(rows), item, np.int32), places))
        if not parts:
            return block
        rows, items, places = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        order = np.lexsort((places, rows))
        return block.placing(rows[order], items[order], places[order], PINNED)

"""Some places belong to new items, so that they are shown to someone at all: the lists explore."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field, field_validator

from features.settings import Settings
from models.rank.blocks import draw
from models.rerank import NEW
from models.rerank.base import Rule, Step
from models.rerank.block import Block
from models.rerank.night import Night

MOST_DRAWS = 64  # of one slot; whoever may see so few of the new items does without
SHARES = 1 << 16


class NewSlotsConfig(Settings):
    """positions: places that belong to new items, from 1; one where a new item stands anyway is left alone.
    max_age_days: up to which an item is new. explore: share of the slots that are filled by lot, the others take the
    new item that the list has next; by lot every new item is as likely as the other, for each user and day anew.
    """

    positions: tuple[int, ...] = (15, 30)
    max_age_days: int = Field(7, ge=0)
    explore: float = Field(0.5, ge=0, le=1)

    @field_validator("positions")
    @classmethod
    def _are_places(cls, positions: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(positions)) < len(positions) or min(positions, default=1) < 1:
            raise ValueError("positions are different places, counted from 1")
        return tuple(sorted(positions))


class NewSlots(Rule[NewSlotsConfig]):
    """Only items of a known age are new. Positions behind the last place of a list are passed over."""

    name: ClassVar[str] = "new_slots"
    step: ClassVar[Step] = Step.PLACE
    Config: ClassVar[type[NewSlotsConfig]] = NewSlotsConfig

    def __init__(self, config: NewSlotsConfig, night: Night) -> None:
        super().__init__(config, night)
        self._is_new = night.young(config.max_age_days)
        new = np.flatnonzero(self._is_new).astype(np.int32)
        # In an order by lot, in which draws that fail move on to the next.
        self._new = new[np.argsort(draw(new.astype(np.uint64), np.zeros(len(new)), night.seed), kind="stable")]

    def apply(self, block: Block) -> Block:
        for position in self.config.positions:
            if len(self._new) and position <= self.night.n:
                block = self._fill(block, position - 1)
        return block

    def _fill(self, block: Block, place: int) -> Block:
        """With a new item at a place (from 0) of every list that is long enough and has none there."""
        at = block.offsets[:-1] + place
        long = block.counts > place
        wanting = long.copy()
        wanting[long] = ~self._is_new[block.items[at[long]]]
        lots = draw(block.users.astype(np.uint64), np.full(len(block), place), self.night.seed * 1_000 + self.night.day)
        by_lot = lots % np.uint64(SHARES) < np.uint64(round(self.config.explore * SHARES))
        chosen = np.full(len(block), -1, np.int64)
        below = np.flatnonzero(self._is_new[block.items] & (block.places > place))
        next_rows, first = np.unique(block.rows[below], return_index=True)
        chosen[next_rows] = block.items[below[first]]
        chosen[by_lot | ~wanting] = -1
        drawing = np.flatnonzero(wanting & (chosen < 0))
        start = (lots[drawing] >> np.uint64(16)) % np.uint64(len(self._new))
        self._draw(block, place, drawing, start.astype(np.int64), chosen)
        rows = np.flatnonzero(chosen >= 0)
        return block.placing(rows, chosen[rows].astype(np.int32), np.full(len(rows), place), NEW)

    def _draw(self, block: Block, place: int, rows: np.ndarray, start: np.ndarray, chosen: np.ndarray) -> None:
        """Sets `chosen` of the rows to new items that may be shown and don't stand above the place."""
        index, used = block.head(place)
        above = np.where(used, block.items[index], -1)
        for number in range(min(MOST_DRAWS, len(self._new))):
            if not len(rows):
                return
            drawn = self._new[(start + number) % len(self._new)]
            fits = ~block.barred.holds(rows, drawn, block.stride) & ~(above[rows] == drawn[:, None]).any(axis=1)
            chosen[rows[fits]] = drawn[fits]
            rows, start = rows[~fits], start[~fits]

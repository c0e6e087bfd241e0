"""Of items that are the same to a user, such as those of one title, a list shows the best."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.rerank.base import Rule, Step
from models.rerank.block import Block
from models.rerank.night import UNKNOWN, Night


class DedupeConfig(Settings):
    """by: items that agree in all of these are the same; one of which any is unknown is like no other. max_shared:
    where more than this share of the items aren't alone with theirs, they tell no items apart, as with flavours of one
    yoghurt, and the rule stands aside; 1: never.
    """

    by: tuple[Literal["name", "category", "subcategory", "brand"], ...] = Field(("name", "brand"), min_length=1)
    max_shared: float = Field(0.2, ge=0, le=1)


class Dedupe(Rule[DedupeConfig]):
    """What is placed later takes the place of what is the same."""

    name: ClassVar[str] = "dedupe"
    step: ClassVar[Step] = Step.LEAVE_OUT
    Config: ClassVar[type[DedupeConfig]] = DedupeConfig

    def __init__(self, config: DedupeConfig, night: Night) -> None:
        super().__init__(config, night)
        by = [attribute for attribute in config.by if (night.groups[attribute] != UNKNOWN).any()]
        items = np.arange(night.stride, dtype=np.int32)
        columns = np.array([night.groups[attribute] for attribute in by]).reshape(len(by), len(items))
        known = np.flatnonzero((columns != UNKNOWN).all(axis=0)) if by else items[:0]
        self._kinds = items.copy()
        _, first, kind = np.unique(columns[:, known], axis=1, return_index=True, return_inverse=True)
        self._kinds[known] = known[first][kind.ravel()]
        sizes = np.bincount(self._kinds, minlength=len(items))
        self._shared = sizes[self._kinds] > 1
        share = self._shared.mean() if len(items) else 0.0
        if share > config.max_shared:
            self.notes.append(
                f"rule dedupe stands aside: {share:.0%} of the items share their {' and '.join(by)} with another, so "
                "that tells no items apart (rerank.dedupe.max_shared)"
            )
            self._kinds, self._shared = items, np.zeros(len(items), bool)

    def apply(self, block: Block) -> Block:
        at = np.flatnonzero(self._shared[block.items])
        # Of equal keys the first is that of the best place, for a list stands in its order.
        _, first = np.unique(block.rows[at] * block.stride + self._kinds[block.items[at]], return_index=True)
        keep = np.ones(len(block.items), bool)
        keep[at] = False
        keep[at[first]] = True
        return replace(block.kept(keep), kinds=self._kinds)

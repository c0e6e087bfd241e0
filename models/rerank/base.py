"""The contract of a re-ranking rule, and what most rules are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from enum import IntEnum
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from features.settings import Settings
from models.rerank.block import Barred, Block
from models.rerank.night import Night

ConfigT = TypeVar("ConfigT", bound=Settings)


class Step(IntEnum):
    """What a rule does to a list; rules run in this order, since each step would be undone by an earlier one."""

    LEAVE_OUT = 0
    WEIGH = 1
    ARRANGE = 2
    PLACE = 3


class Rule(ABC, Generic[ConfigT]):
    """From lists to lists. config: the rule's own section. night: what is known besides the users.

    A rule leaves out, reorders or, in the step `PLACE`, brings in items of the day's directory that aren't barred. A
    list follows from its own user alone, and from the same night, config and user the same list follows. Ranks are
    the places. notes: what someone should know of how the rule understood the night.
    """

    name: ClassVar[str]
    step: ClassVar[Step]
    Config: ClassVar[type[Any]]

    def __init__(self, config: ConfigT, night: Night) -> None:
        if not isinstance(config, self.Config):
            raise TypeError(f"{self.name} takes a {self.Config.__name__}, not a {type(config).__name__}.")
        self.config = config
        self.night = night
        self.notes: list[str] = []

    @abstractmethod
    def apply(self, block: Block) -> Block:
        """The block's lists after the rule."""


class Filter(Rule[ConfigT]):
    """A rule that bars items from lists: they go, and no later rule brings them back."""

    step = Step.LEAVE_OUT

    @abstractmethod
    def bars(self, block: Block) -> Barred:
        """What may not be shown to the users of the block."""

    def apply(self, block: Block) -> Block:
        barred = self.bars(block)
        kept = block.kept(~barred.holds(block.rows, block.items, block.stride))
        return replace(kept, barred=block.barred + barred)


def broken_promises(before: Block, after: Block, brings_in: bool) -> list[str]:
    """What a rule did wrong, in words; empty when nothing. brings_in: whether it may list items that weren't there."""
    flat = (after.items, after.scores, after.values, after.placed)
    if len(after) != len(before) or after.offsets[0] or any(len(array) != after.offsets[-1] for array in flat):
        return [f"arrays that are not {len(before)} lists"]
    broken = []
    if len(after.items) and not 0 <= after.items.min() <= after.items.max() < after.stride:
        return [f"item codes outside 0..{after.stride - 1}"]
    if len(np.unique(after.keys)) < len(after.keys):
        broken.append("an item twice in a list")
    if not brings_in and not np.isin(after.keys, before.keys).all():
        broken.append("items that were not in the list")
    if after.barred.holds(after.rows, after.items, after.stride).any():
        broken.append("items that are barred")
    order = np.argsort(before.keys)
    known = np.isin(after.keys, before.keys)
    at = order[np.searchsorted(before.keys[order], after.keys[known])]
    if not np.array_equal(before.scores[at], after.scores[known], equal_nan=True):
        broken.append("another score for an item")
    if not np.isnan(after.scores[~known]).all():
        broken.append("a score for an item that the ranker hasn't scored")
    if not (np.isfinite(after.values) & (after.values >= 0)).all():
        broken.append("values that are not finite and at least 0")
    return broken

"""What the user took before: where people buy again, the strongest single channel."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.recall.base import Channel, ChannelConfig
from models.recall.ragged import empty_lists
from models.recall.topk import by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists

TRUSTED_USERS = 10  # of an item, whose own repeat rate then counts as much as that of all items


class BuyAgainConfig(ChannelConfig):
    """half_life_days: days after which a weight counts half; `inf` for no decay. repeat_power: of the item's repeat
    rate, 0 to leave it out.
    """

    half_life_days: float = Field(60.0, gt=0)
    repeat_power: float = Field(0.5, ge=0, allow_inf_nan=False)


class BuyAgain(Channel[BuyAgainConfig]):
    """The user's own items by decayed weight, which tells frequency and recency, times a power of how much likelier
    than another item this one is taken again; without repeats there is nothing to list.

    Milk is bought again, a birthday card isn't. The user's own interval says less: docs/decisions.md.
    """

    name: ClassVar[str] = "buy_again"
    Config: ClassVar[type[BuyAgainConfig]] = BuyAgainConfig

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:  # noqa: ARG002
        self._taken = interactions.matrix(self.config.half_life_days)
        raised = repeat_lift(interactions) ** self.config.repeat_power
        self._taken.data *= raised.astype(np.float32)[self._taken.indices]

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        if not self.repeats:
            return empty_lists(len(users))
        return by_blocks(lambda block: sparse_top(self._taken[block], k), users, self._taken.shape[1], num_threads=1)


def repeat_lift(interactions: Interactions) -> np.ndarray:
    """(items,) float64: the share of an item's users who took it on several days, drawn to that of all items and
    divided by it; 1 where nobody took anything twice. The interactions are in canonical order."""
    n_items = interactions.shape[1]
    days = interactions.matrix()
    pairs = np.bincount(days.indices, minlength=n_items)
    rows = interactions.users.astype(np.int64) * n_items + interactions.items
    again = np.flatnonzero(np.diff(np.flatnonzero(np.r_[True, rows[1:] != rows[:-1], True][: len(rows) + 1])) > 1)
    repeated = np.bincount(days.indices[again], minlength=n_items)
    mean = repeated.sum() / max(pairs.sum(), 1)
    if not mean:
        return np.ones(n_items)
    return (repeated / mean + TRUSTED_USERS) / (pairs + TRUSTED_USERS)

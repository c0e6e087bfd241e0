"""What rules know of a night besides its users: the items, who is to be shown what, and what fills lists up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

UNKNOWN = -1
NAME = "name"  # a group of its own: items of one name


@dataclass(frozen=True)
class Target:
    """A campaign in force, in the codes of the day. items: (k,) int32 item codes, ascending. segment: the column of
    the users' rows and the code that its users have there; None for everyone. position: of a pin, from 1.
    """

    action: str
    items: np.ndarray
    segment: tuple[str, int] | None = None
    position: int = 0
    factor: float = 1.0


@dataclass(frozen=True)
class Night:
    """Arrays over the items of the day, by item code.

    item_ids: their ids. groups: `NAME`, category, subcategory, brand -> (items,) int32, equal for items of the same
    group, `UNKNOWN` where the catalogue doesn't say. ages: (items,) float32 days since the item was created, NaN where
    unknown. available: (items,) bool. popular: (items,) int32 all item codes, the most popular first. n: places of a
    final list. day: number of the day that lists are for. repeats: whether items may be listed to those who took them.
    """

    item_ids: pa.Array
    groups: Mapping[str, np.ndarray]
    ages: np.ndarray
    available: np.ndarray
    popular: np.ndarray
    n: int
    day: int
    repeats: bool
    seed: int = 0
    campaigns: tuple[Target, ...] = field(default=())

    @property
    def stride(self) -> np.int64:
        """Keys of a user and an item are `row * stride + item`."""
        return np.int64(len(self.item_ids))

    def young(self, days: int) -> np.ndarray:
        """(items,) bool: created at most so many days ago; False where that isn't known."""
        with np.errstate(invalid="ignore"):
            young: np.ndarray = self.ages <= days
        return young

"""What users took last: for the people behind the lists, and for apps that explain them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from pydantic import Field

from features.settings import Settings
from models.arrow import ragged_codes
from models.recall.ragged import look_up, offsets_of, positions


class HistoryConfig(Settings):
    """items: the last items kept of a user, at most `features.last_items`."""

    items: int = Field(10, ge=1, le=1000)


def day_starts(days: Sequence[str], zone: str) -> np.ndarray:
    """(days,) int64 seconds since 1970 at which each day begins in the time zone."""
    midnights = [dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), ZoneInfo(zone)) for day in days]
    return np.array([int(midnight.timestamp()) for midnight in midnights], np.int64)


def history_block(
    rows: pa.RecordBatch, *, days: Sequence[str], starts: np.ndarray, item_ids: pa.Array, last: int
) -> pa.RecordBatch:
    """Grain: user. In: user_id, last_item_codes (newest first) with last_item_times (seconds since 1970), item_codes
    (ascending) with positive_days.

    days: the window's, ascending; starts: `day_starts` of them. item_ids: the id of each item code. Out: user_id, then
    the user's `last` items: item_ids, days (the last one, YYYY-MM-DD), counts (days on which the user took the item).
    """
    offsets, codes = ragged_codes(rows["last_item_codes"])
    near = positions(np.diff(offsets)) < last
    counts = np.minimum(np.diff(offsets), last)
    of, codes = np.repeat(np.arange(rows.num_rows, dtype=np.int64), counts), codes[near]
    times = rows["last_item_times"].flatten().to_numpy(zero_copy_only=False)[near]
    day = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(days) - 1)
    own_offsets, own = ragged_codes(rows["item_codes"])
    stride = np.int64(len(item_ids))
    keys = np.repeat(np.arange(rows.num_rows, dtype=np.int64), np.diff(own_offsets)) * stride + own
    taken = np.nan_to_num(rows["positive_days"].flatten().to_numpy(zero_copy_only=False)).astype(np.int32)
    columns = {
        "item_ids": item_ids.take(pa.array(codes)),
        "days": pa.array(days, pa.string()).take(pa.array(day)),
        "counts": pa.array(look_up(of * stride + codes, keys, taken, np.int32(1))),
    }
    at = pa.array(offsets_of(counts).astype(np.int32))
    lists = {name: pa.ListArray.from_arrays(at, values) for name, values in columns.items()}
    return pa.RecordBatch.from_pydict({"user_id": rows["user_id"], **lists})

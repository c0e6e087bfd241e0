"""What users took last: for the people behind the lists, and for apps that explain them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
from pydantic import Field

from features.settings import Settings
from models.arrow import ragged_codes
from models.recall.ragged import offsets_of, positions


class HistoryConfig(Settings):
    """items: the last items kept of a user."""

    items: int = Field(20, ge=1, le=1000)


def history_block(rows: pa.RecordBatch, *, as_of: dt.date, item_ids: pa.Array, last: int) -> pa.RecordBatch:
    """Grain: user. In: user_id, item_codes, days_since_last (NaN: never taken) and positive_days, parallel to it.

    item_ids: the id of each item code. Out: user_id, then the user's `last` items, the newest first, equal days in the
    order of codes: item_ids, days (the last one, YYYY-MM-DD), counts (days on which the user took the item).
    """
    offsets, codes = ragged_codes(rows["item_codes"])
    of = np.repeat(np.arange(rows.num_rows), np.diff(offsets))
    age = rows["days_since_last"].flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    count = rows["positive_days"].flatten().to_numpy(zero_copy_only=False)
    taken = np.flatnonzero(~np.isnan(age))
    order = taken[np.lexsort((codes[taken], age[taken], of[taken]))]
    order = order[positions(np.bincount(of[order], minlength=rows.num_rows)) < last]
    ages = age[order].astype(np.int64)
    days = pa.array(
        [(as_of - dt.timedelta(days=n)).isoformat() for n in range(int(ages.max(initial=-1)) + 1)], pa.string()
    )
    at = pa.array(offsets_of(np.bincount(of[order], minlength=rows.num_rows)).astype(np.int32))
    columns = {
        "item_ids": item_ids.take(pa.array(codes[order])),
        "days": days.take(pa.array(ages)),
        "counts": pa.array(count[order].astype(np.int32)),
    }
    lists = {name: pa.ListArray.from_arrays(at, values) for name, values in columns.items()}
    return pa.RecordBatch.from_pydict({"user_id": rows["user_id"], **lists})

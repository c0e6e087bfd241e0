"""What is taken right now: of each item its share of what all users took, counted by the hour."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import HOUR, Codes, end_of, whole
from features.entities import totals
from features.facts import Facts
from features.spec import UNITS, USER_ITEM_DAILY, halved
from features.specs import HALF_LIVES_HOURS, item_features
from features.windows import happened

KEY = "item_id"
COLUMNS = ("event_day", KEY, "event_type", "last_time")


def fresh_shares(
    user_item_daily: Iterable[pa.Table], *, first: str, as_of: str, time_zone: str, facts: Facts
) -> pa.Table:
    """Grain: item with a positive event from day `first` to `as_of`. Columns: item_id, and the sums of those features
    of items that are made of `user_item_daily`, each as its share of all items' (double, 0 where nothing is left).

    user_item_daily: `COLUMNS`, in any portions. A user counts once a day and event type, by the whole hours from the
    last event to the end of the as-of day in `time_zone`.
    """
    sums, end = totals(item_features(facts), USER_ITEM_DAILY), end_of(as_of, time_zone)
    kinds = facts.with_role("positive")
    parts = [sums.of(_halved(happened(rows, first=first, as_of=as_of), kinds, end), KEY) for rows in user_item_daily]
    found = sums.merged(parts, KEY)
    return pa.table({KEY: found[KEY], **{name: _share(found[name]) for name in sums.names}})


def _halved(rows: pa.Table, kinds: tuple[str, ...], end: int) -> pa.Table:
    """Those of the given event types, with a column a half-life: in whole units, 1 for what was taken just now."""
    rows = rows.filter(pa.array(Codes(rows["event_type"]).map(lambda kind: kind in kinds).astype(bool)))
    hours = np.maximum(end - rows["last_time"].to_numpy(), 0) // HOUR
    for half_life in HALF_LIVES_HOURS:
        units = whole(np.exp2(-hours / half_life) * float(UNITS["weight"]))
        rows = rows.append_column(halved(half_life), pa.array(units))
    return rows


def _share(sums: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.divide(sums.cast(pa.float64()), float(pc.sum(sums).as_py() or 1))

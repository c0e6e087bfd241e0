"""interactions: what recall learns from, in the integer codes of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import gathered
from features.spec import UNITS

DAILY_COLUMNS = ("event_day", "user_id", "item_id", "event_type", "event_count", "last_time")
HOUR = 3600


def build_interactions(
    batches: Iterable[pa.RecordBatch],
    users: pa.Array,
    items: pa.Array,
    *,
    first: str,
    as_of: str,
    time_zone: str,
    weights: Mapping[str, float],
) -> pa.Table:
    """Grain: user x item x day with a positive event from day `first` to `as_of`, sorted by them.

    batches: `DAILY_COLUMNS` of user_item_daily. users, items: the ids of the directories in the order of their codes;
    rows of others are left out. weights: positive event type -> weight. Columns: ds (the as-of day), user_code,
    item_code, age (days before the as-of day), hours (whole hours from the day's last positive event to the end of the
    as-of day in `time_zone`), weight (the day's summed event weights, above 0).

    Plain arrays, in this process: recall learns on one machine and holds these rows anyway, and a window of small daily
    files is read in a tenth of the time that Spark takes.
    """
    end = _end(as_of, time_zone)
    parts = [_coded(rows, users, items, first, as_of, weights) for rows in gathered(batches)]
    user, item, age, last, weight = (
        np.concatenate([np.empty(0, np.int64), *(part[n] for part in parts)]) for n in range(5)
    )
    order = np.lexsort((age, item, user))
    user, item, age, last, weight = (values[order] for values in (user, item, age, last, weight))
    starts = np.flatnonzero(np.r_[len(user) > 0, _differs(user) | _differs(item) | _differs(age)][: len(user)])
    if len(starts):
        weight, last = np.add.reduceat(weight, starts), np.maximum.reduceat(last, starts)
    return pa.table(
        {
            "ds": pa.array([as_of] * len(starts), pa.string()),
            "user_code": user[starts].astype(np.int32),
            "item_code": item[starts].astype(np.int32),
            "age": age[starts].astype(np.int32),
            "hours": (np.maximum(end - last, 0) // HOUR).astype(np.int32),
            "weight": (weight / UNITS["weight"]).astype(np.float32),
        }
    )


def _differs(values: np.ndarray) -> np.ndarray:
    return values[1:] != values[:-1]


def _coded(
    rows: pa.Table, users: pa.Array, items: pa.Array, first: str, as_of: str, weights: Mapping[str, float]
) -> tuple[np.ndarray, ...]:
    """User codes, item codes, ages, times of the last event (seconds since 1970) and weights (whole millionths) of the
    rows that count, int64 each."""
    columns = {name: rows[name].combine_chunks() for name in DAILY_COLUMNS}
    days, kinds = (columns[name].dictionary_encode() for name in ("event_day", "event_type"))
    age = _taken([_age(day, as_of) for day in days.dictionary.to_pylist()], days)
    weight = _taken([weights.get(kind, 0.0) * UNITS["weight"] for kind in kinds.dictionary.to_pylist()], kinds)
    units = np.rint(columns["event_count"].to_numpy() * weight).astype(np.int64)
    codes = [
        pc.fill_null(pc.index_in(columns[name], value_set=ids), -1).to_numpy().astype(np.int64)
        for name, ids in (("user_id", users), ("item_id", items))
    ]
    counts = (units > 0) & (age >= 0) & (age <= _age(first, as_of)) & (codes[0] >= 0) & (codes[1] >= 0)
    last = columns["last_time"].to_numpy()
    return codes[0][counts], codes[1][counts], age[counts].astype(np.int64), last[counts], units[counts]


def _taken(values: list[float], coded: pa.DictionaryArray) -> np.ndarray:
    return np.array([*values, 0])[coded.indices.to_numpy()]


def _age(day: str, as_of: str) -> int:
    return (dt.date.fromisoformat(as_of) - dt.date.fromisoformat(day)).days


def _end(day: str, time_zone: str) -> int:
    """The first second after a business day, since 1970."""
    midnight = dt.datetime.combine(dt.date.fromisoformat(day) + dt.timedelta(1), dt.time(), ZoneInfo(time_zone))
    return int(midnight.timestamp())

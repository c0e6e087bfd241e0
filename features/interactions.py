"""interactions: what recall learns from, in the integer codes of the day."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from features.arrays import HOUR, Codes, days_before, end_of, places
from features.spec import UNITS

DAILY_COLUMNS = ("event_day", "user_id", "item_id", "event_type", "event_count", "last_time")


def build_interactions(
    user_item_daily: pa.Table,
    user_features: pa.Table,
    *,
    items: pa.Table,
    first: str,
    as_of: str,
    time_zone: str,
    weights: Mapping[str, float],
) -> pa.Table:
    """Grain: user x item x day with a positive event from day `first` to `as_of`, sorted by them.

    user_item_daily: `DAILY_COLUMNS`, all rows of the users in it; strings plain or as dictionaries. user_features,
    items: the ids of the directories and their codes (user_id, user_code; item_id, item_code); rows of others are left
    out. weights: positive event type -> weight. Columns: ds (the as-of day), user_code, item_code, age (days before the
    as-of day), hours (whole hours from the day's last positive event to the end of the as-of day in `time_zone`),
    weight (the day's summed event weights, above 0).
    """
    days = days_before(first, as_of) + 1
    kinds = Codes(user_item_daily["event_type"])
    each = kinds.map(lambda kind: weights.get(kind, 0.0) * UNITS["weight"])
    units = np.rint(user_item_daily["event_count"].to_numpy() * each).astype(np.int64)
    age = Codes(user_item_daily["event_day"]).map(lambda day: days_before(day, as_of))
    users = _codes(user_item_daily["user_id"], user_features["user_id"], user_features["user_code"])
    codes = _codes(user_item_daily["item_id"], items["item_id"], items["item_code"])
    counts = np.flatnonzero((units > 0) & (age >= 0) & (age < days) & (users >= 0) & (codes >= 0))
    # One number for all three: it sorts in a fraction of the time that three take.
    several = int(codes.max(initial=0)) + 1
    key = (users.take(counts) * several + codes.take(counts)) * days + age.take(counts)
    order = np.argsort(key, kind="stable")
    key, counts = key.take(order), counts.take(order)
    starts = np.flatnonzero(np.r_[len(key) > 0, key[1:] != key[:-1]][: len(key)])
    weight, last = units.take(counts), user_item_daily["last_time"].to_numpy().take(counts)
    if len(starts):
        weight, last = np.add.reduceat(weight, starts), np.maximum.reduceat(last, starts)
    pair, age = np.divmod(key[starts], days)
    user, item = np.divmod(pair, several)
    return pa.table(
        {
            "ds": pa.repeat(as_of, len(starts)),
            "user_code": user.astype(np.int32),
            "item_code": item.astype(np.int32),
            "age": age.astype(np.int32),
            "hours": (np.maximum(end_of(as_of, time_zone) - last, 0) // HOUR).astype(np.int32),
            "weight": (weight / UNITS["weight"]).astype(np.float32),
        }
    )


def _codes(ids: pa.ChunkedArray, names: pa.ChunkedArray, codes: pa.ChunkedArray) -> np.ndarray:
    """(rows,) int64: the code of each id, -1 where there is none."""
    return codes.take(places(ids, names)).fill_null(-1).to_numpy().astype(np.int64)

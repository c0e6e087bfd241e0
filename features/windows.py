"""Rows of a window of daily counts, as features read them."""

from __future__ import annotations

import pyarrow as pa

from features.arrays import ages, days_before, whole_units
from features.spec import UNITS

SUMMED = {"value": "value_sum", "dwell": "dwell_log_sum"}
WEEK = 7


def happened(daily: pa.Table, *, first: str, as_of: str) -> pa.Table:
    """The rows of what happened from day `first` to `as_of`, with `age` (days before as-of).

    Partitions are days of delivery: the window's first ones bring late events of days before it, and its last one may
    hold what happened just after midnight, which nobody as of that day may know.
    """
    age = ages(daily["event_day"], as_of)
    counts = (age >= 0) & (age <= days_before(first, as_of))
    return daily.append_column("age", pa.array(age)).filter(pa.array(counts)).combine_chunks()


def windowed(daily: pa.Table, *, first: str, as_of: str) -> pa.Table:
    """The rows of `happened`, with `same_weekday` (as the day after as-of), `value_units` and `dwell_units` (whole
    units of `features.spec.UNITS`, null as the sums are).
    """
    rows = happened(daily, first=first, as_of=as_of)
    rows = rows.append_column("same_weekday", pa.array((rows["age"].to_numpy() + 1) % WEEK == 0))
    for what, column in SUMMED.items():
        rows = rows.append_column(f"{what}_units", whole_units(rows[column], UNITS[what]))
    return rows

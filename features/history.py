"""user_item_history: what one user did with one item, up to and including the as-of day.

Plain arrays: a window is many small daily files, which Arrow reads in a tenth of Spark's time, and rows that are sorted
by pair are summed up without a hash table or a shuffle. Users don't depend on each other, so many are cut into parts.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import REDUCTIONS, Codes, days_before, whole
from features.facts import Facts
from features.pairs import PairSum, pair_sums, positive_days
from features.spec import UNITS

KEYS = ("event_day", "event_type", "user_id", "item_id")
COLUMNS = (
    *(*KEYS, "event_count", "last_time"),
    *("value_sum", "value_count", "dwell_log_sum", "dwell_count"),
)
SUMMED = {"value": "value_sum", "dwell": "dwell_log_sum"}
NEUTRAL = {"sum": 0, "bits": 0, "min": np.iinfo(np.int64).max, "max": np.iinfo(np.int64).min}


def user_item_history(user_item_daily: pa.Table, *, first: str, as_of: str, facts: Facts) -> pa.Table:
    """Grain: user x item with an event from day `first` to `as_of`, sorted by them.

    user_item_daily: `COLUMNS`, all rows of the users in it; strings plain or as dictionaries. Columns: ds (the
    as-of day), user_id, item_id, those of `features.pairs.pair_sums` and then of `features.pairs.positive_days`.
    """
    rows = user_item_daily
    codes = {name: Codes(rows[name]) for name in KEYS}
    days, kinds, users, items = (codes[name] for name in KEYS)
    age = days.map(lambda day: days_before(day, as_of))
    happened = np.flatnonzero((age >= 0) & (age <= days_before(first, as_of)))
    pair = users.ranks.take(happened) * len(items.names) + items.ranks.take(happened)
    order = np.argsort(pair, kind="stable")
    pair, taken = pair.take(order), happened.take(order)
    starts = np.flatnonzero(np.r_[len(pair) > 0, pair[1:] != pair[:-1]][: len(pair)])
    measures = _Measures(rows, taken, age.take(taken), kinds, starts, facts)
    sums = {column.name: measures.reduce(column) for column in pair_sums(facts)}
    windows = {
        name: pa.array(
            sum((np.bitwise_count(sums[mask].to_numpy() & bits).astype(np.int64) for mask, bits in masks.items()), 0)
        )
        for name, masks in positive_days(facts).items()
    }
    whose, what = np.divmod(pair[starts], max(1, len(items.names)))
    ids = {"user_id": users.names.take(pa.array(whose)), "item_id": items.names.take(pa.array(what))}
    return pa.table({"ds": pa.repeat(as_of, len(starts)), **ids, **sums, **windows})


class _Measures:
    """What rows, sorted by pair, bring to the sums of their pair: the rows from one of `starts` to the next."""

    def __init__(
        self, rows: pa.Table, taken: np.ndarray, age: np.ndarray, kinds: Codes, starts: np.ndarray, facts: Facts
    ) -> None:
        self._rows = rows.drop_columns(list(KEYS)).take(pa.array(taken)).combine_chunks()
        self._age, self._starts, self._facts = age, starts, facts
        self._kinds, self._kind = kinds.names.to_pylist(), kinds.ranks.take(taken)

    def reduce(self, column: PairSum) -> pa.Array:
        """One number a pair; null as the column says."""
        values, valid = self._of(column)
        counts = self._counts(column.kinds, column.from_age, column.below_age)
        counts = counts if valid is None else valid if counts is None else counts & valid
        if not len(self._starts):
            return pa.array(values[:0], pa.int64())
        if counts is None:
            return pa.array(REDUCTIONS[column.how](values, self._starts))
        reduced = REDUCTIONS[column.how](np.where(counts, values, NEUTRAL[column.how]), self._starts)
        missing = ~np.logical_or.reduceat(counts, self._starts) if column.null else None
        return pa.array(reduced, mask=missing)

    def _counts(self, kinds: tuple[str, ...], from_age: int, below_age: int) -> np.ndarray | None:
        """Which rows count, (rows,) bool; None: all."""
        counts = np.array([*(name in kinds for name in self._kinds), False]).take(self._kind) if kinds else None
        for bound in ([self._age >= from_age] if from_age else []) + ([self._age < below_age] if below_age else []):
            counts = bound if counts is None else counts & bound
        return counts

    def _of(self, column: PairSum) -> tuple[np.ndarray, np.ndarray | None]:
        """Whole numbers, (rows,), and which of them are there; None: all."""
        if column.of == "age":
            return self._age, None
        if column.of == "day_bit":
            return np.left_shift(1, np.clip(self._age - column.from_age, 0, 62)), None
        if column.of == "weight":
            return whole(self._weight * self._halved(column.half_life)), None
        if column.of in SUMMED:
            return self._units(SUMMED[column.of], UNITS[column.of])
        return self._column(column.of)

    def _column(self, name: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Nulls are 0."""
        values = self._rows[name].combine_chunks()
        there = values.is_valid().to_numpy(zero_copy_only=False) if values.null_count else None
        return pc.fill_null(values, 0).to_numpy(), there

    def _units(self, name: str, units: int) -> tuple[np.ndarray, np.ndarray]:
        """Of doubles, which most rows lack."""
        values = self._rows[name].combine_chunks()
        there = values.is_valid().to_numpy(zero_copy_only=False)
        found = np.zeros(len(there), np.int64)
        found[there] = whole(values.drop_null().to_numpy() * float(units))
        return found, there

    @cached_property
    def _weight(self) -> np.ndarray:
        """In whole units; 0 for rows that aren't positive."""
        each = np.array([*(self._facts.weights.get(name, 0.0) for name in self._kinds), 0.0])
        return whole(self._column("event_count")[0] * each.take(self._kind) * float(UNITS["weight"]))

    def _halved(self, half_life: int) -> np.ndarray:
        ages = range(int(self._age.max(initial=0)) + 1)
        return np.array([2.0 ** (-age / half_life) for age in ages]).take(self._age)

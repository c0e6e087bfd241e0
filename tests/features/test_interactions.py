from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import defaultdict

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.interactions import DAILY_COLUMNS, build_interactions
from jobs.runtime.checks import arrow_schema
from jobs.tables import tables
from tests.features.support import AS_OF, FACTS, WEIGHTS, day

USERS = pa.table({"user_id": ["ann", "bob"], "user_code": pa.array([0, 1], pa.int32())})
ITEMS = pa.table({"item_id": ["i3", "i1", "i2"], "item_code": pa.array([2, 0, 1], pa.int32())})
Row = tuple[str, str, str, str, int]
NOON = 12 * 3600


def seconds(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())


def table(rows: list[tuple[str, str, str, str, int, int]], parts: int = 2, time_zone: str = "UTC") -> pa.Table:
    """Of rows delivered in so many files; the first day of the window is 6 days before."""
    columns = list(zip(*rows, strict=True)) if rows else [[]] * len(DAILY_COLUMNS)
    types = [*[pa.string()] * 4, pa.int64(), pa.int64()]
    arrays = [pa.array(list(column), kind) for column, kind in zip(columns, types, strict=True)]
    whole = pa.RecordBatch.from_arrays(arrays, names=list(DAILY_COLUMNS))
    cuts = [len(rows) * n // parts for n in range(parts + 1)]
    batches = [whole.slice(start, end - start) for start, end in itertools.pairwise(cuts)]
    daily, window = pa.Table.from_batches(batches), {"first": day(6), "as_of": AS_OF}
    built = build_interactions(daily, USERS, items=ITEMS, **window, time_zone=time_zone, weights=WEIGHTS)
    assert built.schema == arrow_schema(tables(["als"], FACTS)["interactions"])
    assert set(built["ds"].to_pylist()) <= {AS_OF}
    return built


def build(rows: list[Row], parts: int = 2) -> list[tuple[int, int, int, float]]:
    """(user, item, age, weight) of rows whose last event was at noon."""
    built = table([(*row, seconds(row[0]) + NOON) for row in rows], parts)
    assert built["hours"].to_pylist() == [24 * age + 12 for age in built["age"].to_pylist()]
    return list(zip(*(built[name].to_pylist() for name in ("user_code", "item_code", "age", "weight")), strict=True))


def test_one_row_per_positive_day_in_codes() -> None:
    rows = [
        (day(0), "ann", "i3", "click", 2),
        (day(0), "ann", "i3", "purchase", 1),
        (day(6), "ann", "i3", "click", 1),
        (day(1), "bob", "i1", "hate", 1),
        (day(1), "bob", "i2", "click", 1),
    ]
    assert build(rows) == [(0, 2, 0, 6.0), (0, 2, 6, 1.0), (1, 1, 1, 1.0)]


def test_a_late_delivery_adds_to_its_day() -> None:
    assert build([(day(3), "ann", "i1", "click", 1)] * 2) == [(0, 0, 3, 2.0)]


def test_who_and_what_has_no_code_and_other_days_are_left_out() -> None:
    strangers = [(day(0), "new", "i1"), (day(0), "ann", "gone"), (day(7), "ann", "i1"), (day(-1), "ann", "i1")]
    assert build([(*key, "click", 1) for key in strangers]) == []
    assert build([]) == []


def test_hours_run_from_the_last_event_to_the_end_of_the_business_day() -> None:
    """Of any delivery and type; Berlin's 31 March ends at 22:00 UTC, and the night before the 29th had an hour less."""
    rows = [
        (day(0), "ann", "i1", "click", 1, seconds("2026-03-31 21:59:59")),
        (day(0), "ann", "i2", "click", 1, seconds("2026-03-31 10:00:00")),
        (day(0), "ann", "i2", "purchase", 1, seconds("2026-03-31 12:00:01")),
        (day(0), "ann", "i2", "click", 1, seconds("2026-03-31 11:00:00")),
        (day(3), "ann", "i1", "click", 1, seconds("2026-03-27 23:00:00")),
    ]
    assert table(rows, time_zone="Europe/Berlin")["hours"].to_pylist() == [0, 95, 9]
    assert table(rows[:1], time_zone="Asia/Shanghai")["hours"].to_pylist() == [0], "never below 0"


NAMES = st.tuples(
    st.integers(-2, 9).map(day),
    st.sampled_from(["ann", "bob", "new"]),
    st.sampled_from(["i1", "i2", "i3", "gone"]),
    st.sampled_from(["click", "purchase", "hate"]),
    st.integers(1, 3),
)


@settings(deadline=None)
@given(rows=st.lists(NAMES, max_size=30), seed=st.integers(0, 9), parts=st.integers(1, 4))
def test_law_of_sums(rows: list[Row], seed: int, parts: int) -> None:
    """The sum of the weights by user, item and day, whatever the order of the rows and the files they come in."""
    expected: dict[tuple[int, int, int], float] = defaultdict(float)
    for ds, user, item, kind, count in rows:
        if user != "new" and item != "gone" and kind in WEIGHTS and day(6) <= ds <= AS_OF:
            age = next(n for n in range(7) if day(n) == ds)
            expected[["ann", "bob"].index(user), int(item[1]) - 1, age] += WEIGHTS[kind] * count
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert build(shuffled, parts) == [(*key, weight) for key, weight in sorted(expected.items())]

"""Counts of a small day, worked out by hand."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import SparkSession

from features.profile import EVENT_COLUMNS, PROFILE, profile_catalogue, profile_coverage, profile_events

DAY, BEFORE = "2026-01-02", "2026-01-01"
EVENTS = [
    (DAY, DAY, "click", 1.5, None),
    (DAY, DAY, "click", None, 3.0),
    (DAY, DAY, "view", None, None),
    (DAY, BEFORE, "click", None, None),
    (BEFORE, BEFORE, "view", 2.0, 1.0),
]
RECORDS = [(DAY, "kept", 3), (DAY, "malformed", 2), (DAY, "kept", 1), (BEFORE, "kept", 1)]
EXPECTED = [
    (BEFORE, "events", "events", "view", 1),
    (BEFORE, "events", "records", "kept", 1),
    (DAY, "events", "events", "click", 2),
    (DAY, "events", "events", "view", 1),
    (DAY, "events", "no_dwell_seconds", "click", 1),
    (DAY, "events", "no_dwell_seconds", "view", 1),
    (DAY, "events", "no_value", "click", 1),
    (DAY, "events", "no_value", "view", 1),
    (DAY, "events", "records", "kept", 4),
    (DAY, "events", "records", "malformed", 2),
]
EVENT_TYPES = pa.schema(
    [(name, pa.string()) for name in EVENT_COLUMNS[:3]] + [(name, pa.float64()) for name in EVENT_COLUMNS[3:]]
)
RECORD_TYPES = pa.schema([("ds", pa.string()), ("verdict", pa.string()), ("records", pa.int64())])


def batches(rows: list[tuple], schema: pa.Schema, size: int) -> list[pa.RecordBatch]:
    table = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)
    return table.to_batches(max_chunksize=size)


def test_events_and_records_are_counted_and_late_events_are_not_the_day_s() -> None:
    for size in (1, 2, 100):
        counts = profile_events(batches(EVENTS, EVENT_TYPES, size), batches(RECORDS, RECORD_TYPES, size))
        assert counts.schema == PROFILE
        assert [tuple(row.values()) for row in counts.to_pylist()] == EXPECTED


def test_nothing_is_counted_where_nothing_is() -> None:
    assert profile_events([], []).num_rows == 0


def rows_of(counts: pa.Table) -> dict[tuple[str, str, str], int]:
    assert counts.schema == PROFILE
    rows = [tuple(row.values()) for row in counts.to_pylist()]
    assert rows == sorted(rows) and {row[0] for row in rows} == {DAY}
    return {row[1:4]: row[4] for row in rows}


def test_the_catalogue_s_missing_values_are_counted() -> None:
    items = pa.table(
        {
            "ds": [DAY] * 3,
            "category": ["food", "food", "food"],
            "brand": pa.nulls(3, pa.string()),
            "price": [2.0, None, 1.0],
            "numbers": pa.array([[("pages", 3.0)], [], []], pa.map_(pa.string(), pa.float64())),
        }
    )
    attributes = pa.map_(pa.string(), pa.string())
    users = pa.table(
        {"ds": [DAY] * 2, "profile": pa.array([[("age", "30")], []], attributes)},
        schema=pa.schema([("ds", pa.string()), ("profile", attributes)]),
    )
    for size in (1, 100):
        assert rows_of(profile_catalogue(items.to_batches(size), table="items", attributes=["pages"])) == {
            ("items", "rows", ""): 3,
            ("items", "nulls", "category"): 0,
            ("items", "nulls", "brand"): 3,
            ("items", "nulls", "price"): 1,
            ("items", "nulls", "pages"): 2,
        }
        found = profile_catalogue(users.to_batches(size), table="users", attributes=("age", "city"))
        assert rows_of(found) == {
            ("users", "rows", ""): 2,
            ("users", "nulls", "age"): 1,
            ("users", "nulls", "city"): 2,
        }
    assert profile_catalogue([], table="items").num_rows == 0


def test_events_are_counted_whose_item_and_user_are_known(spark: SparkSession) -> None:
    daily = spark.sql(
        "SELECT * FROM VALUES ('ann', 'i1', 3L), ('ann', 'i9', 1L), ('eve', 'i1', 2L) "
        "AS t(user_id, item_id, event_count)"
    )
    items = spark.sql("SELECT * FROM VALUES 'i1', 'i2' AS t(item_id)")
    users = spark.sql("SELECT * FROM VALUES 'ann', 'zoe' AS t(user_id)")
    counts = profile_coverage(daily, items, users, as_of=DAY)
    assert [tuple(row) for row in counts.collect()] == [
        (DAY, "items", "events", "", 6),
        (DAY, "items", "known_events", "", 5),
        (DAY, "users", "events", "", 6),
        (DAY, "users", "known_events", "", 4),
    ]
    nothing = profile_coverage(daily.limit(0), items, users, as_of=DAY)
    assert [row["rows"] for row in nothing.collect()] == [0, 0, 0, 0]

"""A day's intake in a few rows of counts: all that the gates look at, small enough to compare with weeks of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Of the events' columns, those that a source may leave empty; the measure `no_<column>` counts the events without.
SPARSE = ("value", "dwell_seconds")
EVENT_COLUMNS = ("ds", "event_day", "event_type", *SPARSE)
ITEM_COLUMNS = ("name", "category", "subcategory", "brand", "price", "created_on")
PROFILE = pa.schema(
    [(name, pa.string()) for name in ("ds", "table_name", "measure", "subject")] + [("rows", pa.int64())]
)


def profile_events(events: Iterable[pa.RecordBatch], records: Iterable[pa.RecordBatch]) -> pa.Table:
    """Grain: ds x measure x subject, in this order; one row or more batches of any size give the same.

    events: `EVENT_COLUMNS`. records: ds, verdict ("kept" or the reason of a reject), records. Columns: ds, table_name
    (events), measure, subject, rows. Measures: `records` read, by verdict; `events` that happened on ds, and
    `no_<column>` of those, by event type. Late events are in none of them but `records`.
    """
    parts = []
    for batch in events:
        own = pa.Table.from_batches([batch]).filter(pc.field("event_day") == pc.field("ds"))
        counted = own.group_by(["ds", "event_type"]).aggregate(
            [([], "count_all"), *((column, "count", pc.CountOptions(mode="only_null")) for column in SPARSE)]
        )
        for measure, column in (("events", "count_all"), *((f"no_{name}", f"{name}_count") for name in SPARSE)):
            parts.append(_rows(counted["ds"], measure, counted["event_type"], counted[column]))
    for batch in records:
        parts.append(_rows(batch["ds"], "records", batch["verdict"], batch["records"]))
    keys = PROFILE.names[:-1]
    counts = pa.concat_tables(parts or [PROFILE.empty_table()]).group_by(keys).aggregate([("rows", "sum")])
    counts = counts.select([*keys, "rows_sum"]).rename_columns(PROFILE.names)
    return counts.filter(pc.field("rows") > 0).sort_by([(key, "ascending") for key in keys])


def _rows(ds: pa.ChunkedArray, measure: str, subject: pa.ChunkedArray, rows: pa.ChunkedArray) -> pa.Table:
    same = [pa.array([text] * len(ds), pa.string()) for text in ("events", measure)]
    return pa.table([ds, *same, subject, rows], names=PROFILE.names).cast(PROFILE)


def profile_catalogue(
    daily: DataFrame, items: DataFrame, users: DataFrame, *, attributes: Sequence[str]
) -> list[Mapping[str, object]]:
    """Grain: table x measure x subject, in this order. daily: the user_item_daily of what happened on the day.

    attributes: those of the users' profile. Columns: table_name (items, users), measure, subject, rows. Measures:
    `rows` of the table; `nulls`, by column; `events` of the day; `known_events`, whose item or user the table knows.
    """
    user_columns = users.select("user_id", *(F.col("profile")[name].alias(name) for name in attributes))
    frames = [
        _nulls(items.select("item_id", *ITEM_COLUMNS), "items", ITEM_COLUMNS),
        _nulls(user_columns, "users", attributes),
        _known(daily, items, "items", "item_id"),
        _known(daily, users, "users", "user_id"),
    ]
    counts = frames[0]
    for frame in frames[1:]:
        counts = counts.unionByName(frame)
    return sorted((row.asDict() for row in counts.collect()), key=lambda row: [*row.values()][:3])


def _nulls(table: DataFrame, name: str, columns: Sequence[str]) -> DataFrame:
    counts = [(("nulls", column), F.count_if(F.col(column).isNull())) for column in columns]
    return _long(table, name, [(("rows", ""), F.count(F.lit(1))), *counts])


def _known(daily: DataFrame, table: DataFrame, name: str, key: str) -> DataFrame:
    joined = daily.join(table.select(key, F.lit(True).alias("known")), key, "left")
    known = F.sum(F.when(F.col("known"), F.col("event_count")))
    return _long(joined, name, [(("events", ""), F.sum("event_count")), (("known_events", ""), known)])


def _long(frame: DataFrame, name: str, counts: Sequence[tuple[tuple[str, str], Column]]) -> DataFrame:
    """The counts of one table, each in a row of its own."""
    wide = frame.agg(*(F.coalesce(count, F.lit(0)).alias(f"c{n}") for n, (_, count) in enumerate(counts)))
    rows = [
        F.struct(
            F.lit(name).alias("table_name"),
            F.lit(measure).alias("measure"),
            F.lit(subject).alias("subject"),
            F.col(f"c{n}").alias("rows"),
        )
        for n, ((measure, subject), _) in enumerate(counts)
    ]
    return wide.select(F.inline(F.array(*rows)))

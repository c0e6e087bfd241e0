"""A day's intake in a few rows of counts: all that the gates look at, small enough to compare with weeks of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# Of the events' columns, those that a source may leave empty; the measure `no_<column>` counts the events without.
SPARSE = ("value", "dwell_seconds")
EVENT_COLUMNS = ("ds", "event_day", "event_type", *SPARSE)
ITEM_COLUMNS = ("name", "category", "subcategory", "brand", "price", "created_on")
MAPS = {"items": "numbers", "users": "profile"}  # a table's column of whatever else the overlay names
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


def profile_catalogue(batches: Iterable[pa.RecordBatch], *, table: str, attributes: Sequence[str] = ()) -> pa.Table:
    """Grain: measure x subject. batches: ds, of items `ITEM_COLUMNS`, and the table's column of `MAPS`, which may have
    these attributes.

    Columns: ds, table_name, measure, subject, rows. Measures: `rows` of the table, and `nulls` by column.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for batch in batches:
        columns = {name: batch[name] for name in batch.schema.names if name not in ("ds", MAPS[table])}
        columns |= {name: pc.map_lookup(batch[MAPS[table]], name, "first") for name in attributes}
        for ds in batch["ds"].unique().to_pylist():
            counts[(ds, "rows", "")] += len(batch)
            counts.update({(ds, "nulls", name): column.null_count for name, column in columns.items()})
    rows = [
        {"ds": ds, "table_name": table, "measure": measure, "subject": subject, "rows": count}
        for (ds, measure, subject), count in sorted(counts.items())
    ]
    return pa.Table.from_pylist(rows, schema=PROFILE)


def profile_coverage(daily: DataFrame, items: DataFrame, users: DataFrame, *, as_of: str) -> DataFrame:
    """Grain: table x measure. daily: the user_item_daily of what happened on `as_of`.

    Columns: ds, table_name, measure, subject (empty), rows. Measures: `events`, and `known_events` among them, whose
    item or user the table knows.
    """
    joined = daily.select("user_id", "item_id", "event_count")
    for table, key, flag in ((items, "item_id", "items"), (users, "user_id", "users")):
        joined = joined.join(table.select(key, F.lit(True).alias(flag)), key, "left")
    sums = joined.agg(
        F.sum("event_count").alias("events"),
        *(F.sum(F.when(F.col(table), F.col("event_count"))).alias(table) for table in ("items", "users")),
    )
    pairs = [(table, measure) for table in ("items", "users") for measure in ("events", "known_events")]
    rows = [
        F.struct(
            F.lit(as_of).alias("ds"),
            F.lit(table).alias("table_name"),
            F.lit(measure).alias("measure"),
            F.lit("").alias("subject"),
            F.coalesce(F.col("events" if measure == "events" else table), F.lit(0)).alias("rows"),
        )
        for table, measure in pairs
    ]
    return sums.select(F.inline(F.array(*rows)))

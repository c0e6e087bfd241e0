"""Raw log lines to typed events, and to rejects with a reason: kept lines + rejected lines = lines read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

RAW_LIMIT = 2000
CORRUPT = "_corrupt"
EVENT_COLUMNS = ("user_id", "item_id", "event_time", "value", "dwell_seconds")


def parse(
    lines: DataFrame, *, fields: Sequence[str], columns: Mapping[str, str], types: Mapping[str, str]
) -> DataFrame:
    """Grain: raw line. Input columns: ds, file, line.

    fields: JSON keys, read as strings. columns: for each of `EVENT_COLUMNS` its SQL over those strings. types: event
    type -> SQL condition. Adds event_types (array of the types whose condition holds) and reason (null for a sound
    line, else why it is rejected).
    """
    schema = StructType([StructField(name, StringType()) for name in (*fields, CORRUPT)])
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT}
    raw = lines.select(
        F.struct("ds", "file", "line").alias("_source"), F.from_json("line", schema, options).alias("_raw")
    ).select("_source", "_raw.*")
    kinds = [f"if({condition}, '{name}', NULL)" for name, condition in types.items()]
    parsed = raw.select(
        "_source.*",
        CORRUPT,
        *(F.expr(columns[name]).alias(name) for name in EVENT_COLUMNS),
        F.expr(f"array_compact(array({', '.join(kinds)}))").alias("event_types"),
    )
    # The digest keeps the shuffle's key short; the file decides which of two equal lines is the first.
    same_line = Window.partitionBy("ds", F.md5("line")).orderBy("file")
    return (
        parsed.withColumn("copy", F.row_number().over(same_line)).withColumn("reason", _reason()).drop("copy", CORRUPT)
    )


def _reason() -> Column:
    return (
        F.when(F.col(CORRUPT).isNotNull(), "malformed")
        .when(F.col("copy") > 1, "duplicate line")
        .when(F.coalesce(F.trim("user_id"), F.lit("")) == "", "no user")
        .when(F.coalesce(F.trim("item_id"), F.lit("")) == "", "no item")
        .when(F.col("event_time").isNull(), "no time")
        .when(F.date_format("event_time", "yyyy-MM-dd") != F.col("ds"), "other day")
        .when(F.size("event_types") == 0, "unknown event")
    )


def events(parsed: DataFrame) -> DataFrame:
    """Grain: event; a sound line holds one or several.

    Columns: ds, event_day, user_id, item_id, event_type, event_time (timestamp), value (money, null when not logged),
    dwell_seconds (seconds, null when not logged).
    """
    return (
        parsed.where(F.col("reason").isNull())
        .withColumn("event_type", F.explode("event_types"))
        .select(
            "ds",
            F.col("ds").alias("event_day"),
            F.trim("user_id").alias("user_id"),
            F.trim("item_id").alias("item_id"),
            "event_type",
            "event_time",
            # An overlay may name the raw string itself: a number that can't be read is one that wasn't logged.
            F.col("value").try_cast("double").alias("value"),
            F.col("dwell_seconds").try_cast("double").alias("dwell_seconds"),
        )
    )


def rejects(parsed: DataFrame) -> DataFrame:
    """Grain: rejected line. Columns: ds, file, reason, line (the raw text, cut at `RAW_LIMIT` characters)."""
    return parsed.where(F.col("reason").isNotNull()).select(
        "ds", "file", "reason", F.substring("line", 1, RAW_LIMIT).alias("line")
    )

"""Raw log lines to typed events, and to rejects with a reason: kept lines + rejected lines = lines read."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from features.source import evaluate

RAW_LIMIT = 2000
EVENT_COLUMNS = ("user_id", "item_id", "event_time", "value", "dwell_seconds", "scene", "variant")


def parse(records: DataFrame, *, columns: Mapping[str, str], types: Mapping[str, str]) -> DataFrame:
    """Grain: raw record. Input columns: those of `features.source.RECORD`.

    columns: for each of `EVENT_COLUMNS` its SQL over the raw fields. types: event type -> SQL condition. Adds
    event_types (array of the types whose condition holds) and reason (null for a sound record, else why it isn't kept).
    """
    kinds = [f"if({condition}, '{name}', NULL)" for name, condition in types.items()]
    raw = records.select(F.struct("ds", "file", "line", "corrupt").alias("_source"), "raw.*")
    wanted = {
        **{"_source": "_source", "event_types": f"array_compact(array({', '.join(kinds)}))"},
        **{name: columns[name] for name in EVENT_COLUMNS},
    }
    parsed = evaluate(raw, wanted).select("_source.*", *EVENT_COLUMNS, "event_types")
    # The digest keeps the shuffle's key short; the file decides which of two equal lines is the first.
    same_line = Window.partitionBy("ds", F.md5("line")).orderBy("file")
    return (
        parsed.withColumn("copy", F.row_number().over(same_line))
        .withColumn("reason", _reason())
        .drop("copy", "corrupt")
    )


def _reason() -> Column:
    return (
        F.when(F.col("corrupt").isNotNull(), "malformed")
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
    dwell_seconds (seconds, null when not logged), scene and variant (where and with which lists, null when not logged).
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
            *(F.nullif(F.trim(name), F.lit("")).alias(name) for name in ("scene", "variant")),
        )
    )


def rejects(parsed: DataFrame) -> DataFrame:
    """Grain: rejected line. Columns: ds, file, reason, line (the raw text, cut at `RAW_LIMIT` characters)."""
    return parsed.where(F.col("reason").isNotNull()).select(
        "ds", "file", "reason", F.substring("line", 1, RAW_LIMIT).alias("line")
    )

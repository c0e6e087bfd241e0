"""What became of each exposure, and the day's counts of that by context."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from features.daily import dwell_log
from features.facts import Facts
from features.views import HOUR, NO_OTHER, daily_views, followers

PAIR = ("ds", "event_day", "user_id", "item_id")


def outcomes(events: DataFrame, *, exposure: Sequence[str]) -> DataFrame:
    """Grain: event of an `exposure` type; one item in one impression.

    An event of another type belongs to the last exposure of its user and item that day that isn't later than it; what
    nothing was shown before belongs to none. Columns: ds, event_day, user_id, item_id, exposed_at (seconds since 1970),
    hour (of the business day), context (as in events), dwell_seconds (the longest of the exposure and what followed,
    null when none was logged), followed_by (event types, ascending).
    """
    shown = F.col("event_type").isin(list(exposure))
    # A record that is an exposure and more bears one time.
    order = (F.col("event_time"), F.col("_shown").desc(), F.col("event_key"), F.col("event_type"))
    so_far = Window.partitionBy(*PAIR).orderBy(*order).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    runs = (
        events.select(*PAIR, "event_type", "event_time", "event_key", "context", "dwell_seconds")
        .withColumn("_shown", shown)
        .withColumn("_run", F.count_if("_shown").over(so_far))
        .where("_run > 0")
    )
    first = F.when(F.col("_shown"), F.struct("event_time", "context"))
    return (
        runs.groupBy(*PAIR, "_run")
        .agg(
            F.max(first).alias("first"),
            F.max("dwell_seconds").alias("dwell_seconds"),
            F.array_sort(F.collect_set(F.when(~F.col("_shown"), F.col("event_type")))).alias("followed_by"),
        )
        .select(
            *PAIR,
            F.unix_seconds("first.event_time").alias("exposed_at"),
            F.hour("first.event_time").alias(HOUR),
            F.col("first.context").alias("context"),
            "dwell_seconds",
            "followed_by",
        )
    )


def with_context(rows: DataFrame, facts: Facts) -> DataFrame:
    """The rows of `outcomes` with a column of text per context of the data set, null when not logged."""
    return rows.withColumns({name: F.get_json_object("context", f"$.{name}") for name in facts.context})


def context_daily(rows: DataFrame, *, facts: Facts) -> DataFrame:
    """Grain: day of delivery x day of the exposure x view (`features.views.daily_views`) x key x other.

    rows: of `outcomes`. Columns: ds, event_day, view, key, other (empty for a view of the key
    alone), exposure_count, `<name>_count` per name of `features.views.followers` (exposures that such an event
    followed), dwell_log_sum (null when none was logged), dwell_count. What lacks a key or other is left out.
    """
    pairs = [
        F.struct(
            F.lit(view.name).alias("view"),
            F.col(view.key).cast("string").alias("key"),
            (F.col(view.other).cast("string") if view.other else F.lit(NO_OTHER)).alias("other"),
        )
        for view in daily_views(facts)
    ]
    keys = ("ds", "event_day", "view", "key", "other")
    names = followers(facts)
    measured = (
        with_context(rows, facts)
        .select(
            "ds",
            "event_day",
            *(any_of(types).alias(name) for name, types in names.items()),
            dwell_log().alias("dwell"),
            F.explode(F.array(*pairs)).alias("pair"),
        )
        .select("*", "pair.*")
    )
    return (
        measured.where("key IS NOT NULL AND other IS NOT NULL")
        .groupBy(*keys)
        .agg(
            F.count(F.lit(1)).alias("exposure_count"),
            *(F.count_if(name).alias(f"{name}_count") for name in names),
            F.sum("dwell").cast("double").alias("dwell_log_sum"),
            F.count("dwell").alias("dwell_count"),
        )
    )


def any_of(types: Sequence[str]) -> Column:
    """Whether an exposure was followed by an event of any of the types."""
    return F.arrays_overlap("followed_by", F.array(*map(F.lit, types)).cast("array<string>"))

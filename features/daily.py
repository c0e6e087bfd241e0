"""user_item_daily: a day's events, counted; history is read from here, so nights cost days, not events."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def user_item_daily(events: DataFrame) -> DataFrame:
    """Grain: day of delivery x day of the event x user x item x event type.

    Columns: ds, event_day, user_id, item_id, event_type, event_count (events), value_sum (money, null when no event had
    one), value_count (events that carried one), dwell_seconds_sum (seconds, null when none was logged).
    """
    # Decimals add up to the same sum in any order of the rows; doubles do not. What no decimal holds (1e300, NaN) is no
    # value: one such line must not stop the night.
    value = F.col("value").try_cast("decimal(18,4)")
    dwell = F.col("dwell_seconds").try_cast("decimal(18,3)")
    return (
        events.groupBy("ds", "event_day", "user_id", "item_id", "event_type")
        .agg(
            F.count(F.lit(1)).alias("event_count"),
            F.sum(value).cast("double").alias("value_sum"),
            F.count(value).alias("value_count"),
            F.sum(dwell).cast("double").alias("dwell_seconds_sum"),
        )
        .select(
            *("ds", "event_day", "user_id", "item_id", "event_type"),
            *("event_count", "value_sum", "value_count", "dwell_seconds_sum"),
        )
    )


def happened(daily: DataFrame, first: str, last: str) -> DataFrame:
    """The rows of what happened from day `first` to day `last`.

    Partitions are days of delivery: the window's first ones bring late events of days before it, and its last one may
    hold what happened just after midnight, which nobody as of that day may know.
    """
    return daily.where(F.col("event_day").between(first, last))

"""A day's events, counted: history is read from here, so nights cost days, not events.

`user_item_daily` keeps what users did with items, for as long as features look back. What they were shown is most of a
log and fades soon: it stands apart, in `exposures_daily`. `user_daily` and `item_daily` are what windows of some weeks
need of users and items, without touching a pair.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def user_item_daily(events: DataFrame, *, kinds: Sequence[str]) -> DataFrame:
    """Grain: day of delivery x day of the event x user x item x event type, of the given types.

    Columns: ds, event_day, user_id, item_id, event_type, event_count (events), value_sum (money, null when no event had
    one), value_count (events that carried one), dwell_log_sum (`dwell_log`, null when none was logged), dwell_count
    (events that carried it), last_time (seconds since 1970 of the last event).
    """
    keys = ("ds", "event_day", "user_id", "item_id", "event_type")
    last = F.max(F.unix_seconds("event_time")).alias("last_time")
    return _of(events, kinds).groupBy(*keys).agg(*_sums(), last).select(*keys, *SUMS, "last_time")


def exposures_daily(events: DataFrame, *, kinds: Sequence[str]) -> DataFrame:
    """Grain: day of delivery x day of the event x user x item x exposure type. Columns as those of `user_item_daily`,
    without values and last_time.
    """
    keys = ("ds", "event_day", "user_id", "item_id", "event_type")
    return _of(events, kinds).groupBy(*keys).agg(*_sums()).select(*keys, "event_count", *DWELL)


def user_daily(events: DataFrame) -> DataFrame:
    """Grain: day of delivery x day of the event x user x event type x hour of the business day.

    Columns: ds, event_day, user_id, event_type, hour (0 to 23), then the sums of `user_item_daily`.
    """
    keys = ("ds", "event_day", "user_id", "event_type", "hour")
    return events.withColumn("hour", F.hour("event_time")).groupBy(*keys).agg(*_sums()).select(*keys, *SUMS)


def item_daily(events: DataFrame) -> DataFrame:
    """Grain: day of delivery x day of the event x item x event type.

    Columns: ds, event_day, item_id, event_type, then the sums of `user_item_daily`.
    """
    keys = ("ds", "event_day", "item_id", "event_type")
    return events.groupBy(*keys).agg(*_sums()).select(*keys, *SUMS)


def with_exposures(daily: DataFrame, exposures: DataFrame) -> DataFrame:
    """Rows of `user_item_daily` and `exposures_daily` together, without values, dwell times and times."""
    columns = ("ds", "event_day", "user_id", "item_id", "event_type", "event_count")
    return daily.select(*columns).union(exposures.select(*columns))


def happened(daily: DataFrame, first: str, last: str) -> DataFrame:
    """The rows of what happened from day `first` to day `last`.

    Partitions are days of delivery: the window's first ones bring late events of days before it, and its last one may
    hold what happened just after midnight, which nobody as of that day may know.
    """
    return daily.where(F.col("event_day").between(first, last))


DWELL = ("dwell_log_sum", "dwell_count")
SUMS = ("event_count", "value_sum", "value_count", *DWELL)


def dwell_log() -> Column:
    """log(1 + seconds) of a dwell time. They spread over magnitudes: the mean of their logarithms tells a visit from a
    glance, that of the seconds tells who was left running.
    """
    return F.log1p("dwell_seconds").try_cast("decimal(18,6)")


def _of(events: DataFrame, kinds: Sequence[str]) -> DataFrame:
    return events.where(F.col("event_type").isin(list(kinds)))


def _sums() -> list[Column]:
    # Decimals add up to the same sum in any order of the rows; doubles do not. What no decimal holds (1e300, NaN) is no
    # value: one such line must not stop the night.
    value = F.col("value").try_cast("decimal(18,4)")
    dwell = dwell_log()
    return [
        F.count(F.lit(1)).alias("event_count"),
        F.sum(value).cast("double").alias("value_sum"),
        F.count(value).alias("value_count"),
        F.sum(dwell).cast("double").alias("dwell_log_sum"),
        F.count(dwell).alias("dwell_count"),
    ]

"""user_item_history: what one user did with one item, up to and including the as-of day."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.specs import day_weight, pair_features


def user_item_history(
    daily: DataFrame, *, as_of: str, roles: Mapping[str, str], weights: Mapping[str, float]
) -> DataFrame:
    """Grain: user x item, from the daily rows of the window that ends on `as_of`.

    Columns: ds (the as-of day), user_id, item_id, those of `features.specs.pair_features` as bigint, value_sum (money,
    null when no event carried a value), value_count (events that carried one).
    """
    features = pair_features(roles)
    return (
        _by_day(daily, as_of=as_of, roles=roles, weights=weights)
        .groupBy("user_id", "item_id")
        .agg(
            *(F.expr(feature.sql).cast("bigint").alias(feature.name) for feature in features),
            F.sum("value_units").alias("value_units"),
            F.sum("value_count").alias("value_count"),
        )
        .select(
            F.lit(as_of).alias("ds"),
            "user_id",
            "item_id",
            *(feature.name for feature in features),
            (F.col("value_units") / VALUE_UNITS).alias("value_sum"),
            "value_count",
        )
    )


VALUE_UNITS = 10_000.0  # sums of whole units are the same in any order of the rows


def _by_day(daily: DataFrame, *, as_of: str, roles: Mapping[str, str], weights: Mapping[str, float]) -> DataFrame:
    """Grain: user x item x day: `age`, `<type>_count`, `weight` of the positive events (0 when none), value."""
    return (
        # Both groupings that follow find their rows in place, so the window's rows travel once.
        daily.repartition("user_id", "item_id")
        .withColumn("age", F.datediff(F.lit(as_of), F.col("event_day")))
        .groupBy("user_id", "item_id", "age")
        .agg(
            *(F.expr(f"sum(if(event_type = '{kind}', event_count, 0))").alias(f"{kind}_count") for kind in roles),
            F.expr(day_weight(weights)).alias("weight"),
            F.expr(f"sum(cast(round(value_sum * {VALUE_UNITS!r}D) AS bigint))").alias("value_units"),
            F.sum("value_count").alias("value_count"),
        )
    )

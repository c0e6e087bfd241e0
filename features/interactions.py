"""interactions: what recall learns from, in the integer codes of the day."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.specs import day_weight


def build_interactions(
    daily: DataFrame, user_codes: DataFrame, item_codes: DataFrame, *, as_of: str, weights: Mapping[str, float]
) -> DataFrame:
    """Grain: user x item x day with a positive event, from the daily rows of the window that ends on `as_of`.

    weights: positive event type -> weight. Columns: ds (the as-of day), user_code, item_code, age (days before the
    as-of day), weight (the day's summed event weights, above 0).
    """
    return (
        daily.where(F.col("event_type").isin(list(weights)))
        .withColumn("age", F.datediff(F.lit(as_of), F.col("event_day")))
        .groupBy("user_id", "item_id", "age")
        .agg(F.expr(day_weight(weights)).cast("float").alias("weight"))
        .join(user_codes, "user_id")
        .join(item_codes, "item_id")
        .select(F.lit(as_of).alias("ds"), "user_code", "item_code", "age", "weight")
    )

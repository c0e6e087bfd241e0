"""interactions: what recall learns from, in the integer codes of the day."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def build_interactions(history: DataFrame, user_codes: DataFrame, item_codes: DataFrame, *, as_of: str) -> DataFrame:
    """Grain: user x item x day with a positive event.

    Columns: ds (the as-of day), user_code, item_code, age (days before the as-of day), weight (the day's summed event
    weights, above 0).
    """
    return (
        history.where("positive_days_history > 0")
        .select("user_id", "item_id", F.explode(F.arrays_zip("ages", "weights")).alias("day"))
        .join(user_codes, "user_id")
        .join(item_codes, "item_id")
        .select(
            F.lit(as_of).alias("ds"),
            "user_code",
            "item_code",
            F.col("day.ages").cast("int").alias("age"),
            F.col("day.weights").cast("float").alias("weight"),
        )
    )

"""user_item_history: what one user did with one item, up to and including the as-of day."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.daily import aged
from features.facts import Facts
from features.pairs import history_features, positive_days, weight_units


def user_item_history(daily: DataFrame, *, as_of: str, facts: Facts) -> DataFrame:
    """Grain: user x item, from the daily rows of the window that ends on `as_of`.

    Columns: ds (the as-of day), user_id, item_id, those of `features.pairs.history_features` and then of
    `features.pairs.positive_days`, as bigint.
    """
    sums, days = history_features(facts), positive_days(facts)
    positive = F.col("event_type").isin(list(facts.weights))
    rows = aged(daily, as_of=as_of).withColumns(
        {"is_positive": positive, "weight": F.expr(weight_units(facts.weights))}
    )
    return (
        # The rows travel once, unsorted: most pairs have one row, so summing up before travelling saves nothing.
        rows.repartition("user_id", "item_id")
        .groupBy("user_id", "item_id")
        .agg(*(F.expr(feature.sql).cast("bigint").alias(feature.name) for feature in sums))
        .select(
            F.lit(as_of).alias("ds"),
            "user_id",
            "item_id",
            *(feature.name for feature in sums),
            *(F.expr(sql).cast("bigint").alias(name) for name, sql in days.items()),
        )
    )

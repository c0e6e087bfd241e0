"""What happened in a label window, in the codes of the day before it."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

UNKNOWN = -1


def build_labels(
    daily: DataFrame, user_codes: DataFrame, item_codes: DataFrame, *, positive: Sequence[str], exposure: Sequence[str]
) -> DataFrame:
    """Grain: user of the directory with an exposure or a positive event in the window.

    daily: user_item_daily of the window. Users and items that the directories (as of the day before) lack are left out:
    nothing was known of them. Columns: user_code, label_codes (item codes, ascending), labels (parallel, 1.0 when an
    event of a `positive` type happened, else 0.0).
    """
    took = F.max(F.col("event_type").isin(list(positive)).cast("float")).alias("label")
    pairs = (
        daily.where(F.col("event_type").isin([*positive, *exposure]))
        .groupBy("user_id", "item_id")
        .agg(took)
        .join(user_codes, "user_id")
        .join(item_codes, "item_id")
    )
    return (
        pairs.groupBy("user_code")
        .agg(F.array_sort(F.collect_list(F.struct("item_code", "label"))).alias("pairs"))
        .select("user_code", F.col("pairs.item_code").alias("label_codes"), F.col("pairs.label").alias("labels"))
    )


def build_truth(
    daily: DataFrame,
    user_codes: DataFrame,
    item_codes: DataFrame,
    behaviour: DataFrame | None,
    *,
    positive: Sequence[str],
) -> DataFrame:
    """Grain: user with a positive event on the day. Everyone counts: a user without a code has none of the lists.

    The directories and `behaviour` (behaviour_features) are as of the day before; with `behaviour`, items that the
    user had taken before are no truth. Columns: user_id, user_code (null when the user was unknown), truth_codes
    (distinct item codes; each item that was unknown is a -1 of its own).
    """
    taken = daily.where(F.col("event_type").isin(list(positive))).select("user_id", "item_id").distinct()
    truth = (
        taken.join(item_codes, "item_id", "left")
        .groupBy("user_id")
        .agg(F.array_sort(F.collect_list(F.coalesce("item_code", F.lit(UNKNOWN)))).alias("truth_codes"))
        .join(user_codes, "user_id", "left")
    )
    if behaviour is not None:
        before = F.expr("filter(item_codes, (code, i) -> element_at(positive_days, i + 1) > 0)").alias("before")
        truth = truth.join(behaviour.select("user_code", before), "user_code", "left").withColumn(
            "truth_codes",
            F.expr("filter(truth_codes, code -> before IS NULL OR NOT array_contains(before, code))"),
        )
    return truth.where(F.size("truth_codes") > 0).select("user_id", "user_code", "truth_codes")

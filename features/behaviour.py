"""behaviour_features: what each user did with each item, and with each group of items, as arrays per user."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.specs import GROUPS, affinity_features, behaviour_features


def coded_pairs(history: DataFrame, user_codes: DataFrame, item_codes: DataFrame) -> DataFrame:
    """Grain: user x item: the whole numbers of user_item_history with user_code, item_code and
    `<group>_code`, a user's rows in one place.

    user_codes: user_id, user_code. item_codes: item_id, item_code, `<group>_code`.
    """
    counts = history.drop("ds", "value_sum", "value_count")
    return counts.join(item_codes, "item_id").join(user_codes, "user_id").repartition("user_code")


def build_behaviour_features(
    pairs: DataFrame, user_codes: DataFrame, *, as_of: str, roles: Mapping[str, str]
) -> DataFrame:
    """Grain: user of the directory. Arrays of one family are parallel and ascend by their code.

    pairs: of `coded_pairs`; read once per family, so worth persisting. user_codes: user_code.
    Columns: ds, user_code, item_codes, one array of float per feature of `features.specs.behaviour_features`, then for
    each group `<group>_codes` and `<group>_<feature>` arrays of `features.specs.affinity_features`. A null element is a
    missing value; a user without positives in a group has empty arrays there.
    """
    features = behaviour_features(roles)
    per_item = [F.expr(feature.sql).cast("float").alias(feature.name) for feature in features]
    result = user_codes.select("user_code").join(
        _arrays(pairs.select("user_code", "item_code", *per_item), "item_code", "item_codes", ""), "user_code", "left"
    )
    for group in GROUPS:
        code = f"{group}_code"
        sums = [F.expr(feature.sql).cast("float").alias(feature.name) for feature in affinity_features()]
        taken = (
            pairs.where((F.col("positive_days_history") > 0) & F.col(code).isNotNull())
            .groupBy("user_code", code)
            .agg(*sums)
        )
        result = result.join(_arrays(taken, code, f"{group}_codes", f"{group}_"), "user_code", "left")
    arrays = [
        F.coalesce(F.col(name), F.array().cast(kind)).alias(name) for name, kind in result.dtypes if name != "user_code"
    ]
    return result.select(F.lit(as_of).alias("ds"), "user_code", *arrays)


def _arrays(rows: DataFrame, code: str, codes: str, prefix: str) -> DataFrame:
    """One row per user_code: the rows of the user ordered by `code`, each column an array."""
    values = [name for name in rows.columns if name not in ("user_code", code)]
    sorted_rows = F.array_sort(F.collect_list(F.struct(code, *values)))
    return (
        rows.groupBy("user_code")
        .agg(sorted_rows.alias("_rows"))
        .select(
            "user_code", F.col("_rows")[code].alias(codes), *(F.col("_rows")[v].alias(f"{prefix}{v}") for v in values)
        )
    )

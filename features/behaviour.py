"""behaviour_features: what each user did with each item, and with each group of items, as arrays per user."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.daily import aged
from features.facts import Facts
from features.spec import Feature
from features.specs import SHOWN, affinity_features, pair_features, shown_features

PREFERRED = 3  # groups of a user that are named as preferred


def coded_pairs(history: DataFrame, user_codes: DataFrame, item_codes: DataFrame) -> DataFrame:
    """Grain: user x item: the whole numbers of user_item_history with user_code, item_code and
    `<group>_code`, a user's rows in one place.

    user_codes: user_id, user_code. item_codes: item_id, item_code, `<group>_code`.
    """
    return (
        history.drop("ds").join(item_codes, "item_id").join(user_codes, "user_id").drop("user_id", "item_id")
    ).repartition("user_code")


def coded_exposures(
    daily: DataFrame, user_codes: DataFrame, item_codes: DataFrame, *, as_of: str, facts: Facts
) -> DataFrame:
    """Grain: user x item shown: user_code, item_code, the features of `features.specs.shown_features`.

    daily: exposures_daily of the last `facts.shown_days`.
    """
    rows = (
        aged(daily, as_of=as_of).join(item_codes.select("item_id", "item_code"), "item_id").join(user_codes, "user_id")
    )
    return rows.repartition("user_code").groupBy("user_code", "item_code").agg(*_floats(shown_features(facts)))


def build_behaviour_features(
    pairs: DataFrame, exposures: DataFrame | None, user_codes: DataFrame, *, as_of: str, facts: Facts, last_items: int
) -> DataFrame:
    """Grain: user of the directory. Arrays of one family are parallel and ascend by their code.

    pairs: of `coded_pairs`; read once per family, so worth persisting. exposures: of `coded_exposures`, None where none
    are logged. user_codes: user_code.
    Columns: ds, user_code; item_codes, one array of float per feature of `features.specs.pair_features`;
    last_item_codes, last_item_times: the items of the user's last positive events, at most `last_items`, newest first,
    with their times (seconds since 1970); for each group `<group>_codes`, `<group>_<feature>` of
    `features.specs.affinity_features`, `<group>_preferred` (codes of the largest shares, best first); where exposures
    are logged `shown_codes`, `shown_<feature>` of `features.specs.shown_features`. A null element is a missing value; a
    user without rows in a family has empty arrays there.
    """
    taken = pairs.where(F.col("positive_days_history") > 0)
    items = pairs.select("user_code", "item_code", *_floats(pair_features(facts)))
    families = [_arrays(items, "item_code", "item_codes", ""), _last_items(taken, last_items)]
    for group in facts.groups:
        code = f"{group}_code"
        sums = taken.where(F.col(code).isNotNull()).groupBy("user_code", code).agg(*_floats(affinity_features(facts)))
        families.append(_with_preferred(_arrays(sums, code, f"{group}_codes", f"{group}_"), group))
    if exposures is not None:
        families.append(_arrays(exposures, "item_code", f"{SHOWN}_codes", f"{SHOWN}_"))
    result = user_codes.select("user_code")
    for family in families:
        result = result.join(family, "user_code", "left")
    arrays = [
        F.coalesce(F.col(name), F.array().cast(kind)).alias(name) for name, kind in result.dtypes if name != "user_code"
    ]
    return result.select(F.lit(as_of).alias("ds"), "user_code", *arrays)


def _floats(features: Sequence[Feature]) -> list[Column]:
    return [F.expr(feature.sql).cast("float").alias(feature.name) for feature in features]


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


def _last_items(taken: DataFrame, last_items: int) -> DataFrame:
    newest = F.array_sort(F.collect_list(F.struct((-F.col("last_time")).alias("time"), "item_code")))
    rows = taken.groupBy("user_code").agg(F.slice(newest, 1, last_items).alias("_rows"))
    times = F.transform("_rows.time", lambda time: -time)
    return rows.select("user_code", F.col("_rows.item_code").alias("last_item_codes"), times.alias("last_item_times"))


def _with_preferred(arrays: DataFrame, group: str) -> DataFrame:
    by_share = f"transform(arrays_zip({group}_share, {group}_codes), x -> struct(-x.{group}_share, x.{group}_codes))"
    return arrays.withColumn(
        f"{group}_preferred", F.expr(f"slice(array_sort({by_share}).{group}_codes, 1, {PREFERRED})")
    )

"""item_features: the directory of items as of a day, with what is known of each."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from features.daily import aged
from features.entities import entity_features, entity_sums
from features.facts import Facts
from features.spec import CATALOGUE, ITEM_DAILY, PAIRS
from features.specs import GROUPS, all_item_features, group_features, item_features


def item_sums(daily: DataFrame, history: DataFrame, *, as_of: str, facts: Facts) -> DataFrame:
    """Grain: item with an event in the window of `daily` or of `history`: what `build_item_features` makes features of.

    daily: item_daily. history: user_item_history.
    """
    return entity_sums({ITEM_DAILY: aged(daily, as_of=as_of), PAIRS: history}, "item_id", _summed(facts))


def group_sums(daily: DataFrame, items: DataFrame, *, as_of: str, facts: Facts) -> dict[str, DataFrame]:
    """The same per category, subcategory or brand that has features of its own; grain: group with an event."""
    sums = {}
    for group in GROUPS:
        if features := group_features(facts, group):
            rows = aged(daily, as_of=as_of).join(items.select("item_id", group), "item_id")
            sums[group] = entity_sums({ITEM_DAILY: rows}, group, features)
    return sums


def build_item_features(
    sums: DataFrame, groups: Mapping[str, DataFrame], items: DataFrame, *, as_of: str, facts: Facts
) -> DataFrame:
    """Grain: item of `sums`. `item_code` is its position in the order of `item_id`, from 0.

    Columns: ds, item_code, item_id, `<group>_code` (position of the item's category, subcategory, brand in their order;
    null when the catalogue doesn't say), then the features of `features.specs.all_item_features` as float; those of a
    group are null when the item's group is unknown or had no event.
    """
    positions = [F.dense_rank().over(Window.orderBy(F.col(group).asc_nulls_last())) - 1 for group in GROUPS]
    catalogue = items.select(
        *("item_id", *GROUPS, "price", F.datediff(F.lit(as_of), "created_on").alias("age_days")),
        *(
            F.when(F.col(group).isNotNull(), position).cast("int").alias(f"{group}_code")
            for group, position in zip(GROUPS, positions, strict=True)
        ),
    )
    rows = entity_features(sums, "item_id", _summed(facts)).join(catalogue, "item_id", "left")
    for group, of_group in groups.items():
        features = entity_features(of_group, group, group_features(facts, group))
        names = [name for name in features.columns if name != group]
        rows = rows.join(features.select(group, *(F.col(n).alias(f"{group}_{n}") for n in names)), group, "left")
    # One total order over all items needs one task; the rows are few columns wide and sort in seconds per million.
    return rows.withColumn("item_code", F.row_number().over(Window.orderBy("item_id")) - 1).select(
        F.lit(as_of).alias("ds"),
        "item_code",
        "item_id",
        *(f"{group}_code" for group in GROUPS),
        *(F.col(feature.name).cast("float").alias(feature.name) for feature in all_item_features(facts)),
    )


def _summed(facts: Facts) -> list:
    return [feature for feature in item_features(facts) if feature.source != CATALOGUE]

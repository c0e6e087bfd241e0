"""item_features: the directory of items as of a day, with what is known of each."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from features.priors import with_priors
from features.specs import GROUPS, item_features


def build_item_features(history: DataFrame, items: DataFrame, *, as_of: str, roles: Mapping[str, str]) -> DataFrame:
    """Grain: item with an event in the window. `item_code` is its position in the order of `item_id`, from 0.

    Columns: ds, item_code, item_id, `<group>_code` (position of the item's category, subcategory, brand in their order;
    null when the catalogue doesn't say), then the features of `features.specs.item_features` as float.
    """
    catalogue = items.select(
        "item_id",
        *(F.dense_rank().over(Window.orderBy(F.col(group).asc_nulls_last())).alias(f"_{group}") for group in GROUPS),
        *GROUPS,
        F.col("price").alias("catalogue_price"),
        F.datediff(F.lit(as_of), "created_on").alias("catalogue_age"),
    )
    features = item_features(roles)
    per_item = (
        with_priors(history, roles=roles)
        .join(catalogue.select("item_id", "catalogue_price", "catalogue_age"), "item_id", "left")
        .groupBy("item_id")
        .agg(*(F.expr(feature.sql).cast("float").alias(feature.name) for feature in features))
    )
    codes = [F.expr(f"if({group} IS NULL, NULL, _{group} - 1)").cast("int").alias(f"{group}_code") for group in GROUPS]
    return (
        per_item.join(catalogue.select("item_id", *codes), "item_id", "left")
        # One total order over all items needs one task; the rows are few columns wide and sort in seconds per million.
        .withColumn("item_code", F.row_number().over(Window.orderBy("item_id")) - 1)
        .select(
            F.lit(as_of).alias("ds"),
            "item_code",
            "item_id",
            *(f"{group}_code" for group in GROUPS),
            *(feature.name for feature in features),
        )
    )

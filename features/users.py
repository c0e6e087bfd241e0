"""user_features: the directory of users as of a day, with what is known of each."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from features.daily import aged
from features.entities import entity_features, entity_sums
from features.facts import Facts
from features.spec import PAIRS, UNITS, USER_DAILY
from features.specs import user_features


def user_sums(daily: DataFrame, history: DataFrame, items: DataFrame, *, as_of: str, facts: Facts) -> DataFrame:
    """Grain: user with an event in the window of `daily` or of `history`: what `build_user_features` makes features of.

    daily: user_daily. history: user_item_history. items: the catalogue.
    """
    if facts.price:
        units = F.expr(f"try_cast(round(price * {UNITS['value']}D) AS bigint)").alias("price_units")
        history = history.join(items.select("item_id", units), "item_id", "left")
    return entity_sums({USER_DAILY: aged(daily, as_of=as_of), PAIRS: history}, "user_id", user_features(facts))


def build_user_features(sums: DataFrame, users: DataFrame, *, as_of: str, facts: Facts) -> DataFrame:
    """Grain: user of `sums`. `user_code` is the position in the order of `user_id`, from 0.

    Columns: ds, user_code, user_id, the features of `features.specs.user_features` as float, then per attribute of
    the profile, as float (null when unknown), the position of the value in the order of all; of `numbers`, the value.
    """
    features = user_features(facts)
    profile, numbers = facts.profile, facts.numbers
    known = users.select(
        "user_id",
        *(F.col("profile")[name].try_cast("float").alias(f"profile_{name}") for name in profile if name in numbers),
        *(F.col("profile")[name].alias(f"_{name}") for name in profile if name not in numbers),
    )
    for name in (name for name in profile if name not in numbers):
        values = users.select(F.col("profile")[name].alias(f"_{name}")).where(F.col(f"_{name}").isNotNull()).distinct()
        order = F.row_number().over(Window.orderBy(f"_{name}")) - 1
        known = known.join(F.broadcast(values.withColumn(f"profile_{name}", order.cast("float"))), f"_{name}", "left")
    return (
        entity_features(sums, "user_id", features)
        .join(known, "user_id", "left")
        .withColumn("user_code", F.row_number().over(Window.orderBy("user_id")) - 1)
        .select(
            F.lit(as_of).alias("ds"),
            "user_code",
            "user_id",
            *(feature.name for feature in features),
            *(f"profile_{name}" for name in profile),
        )
    )

"""user_features: the directory of users as of a day, with what is known of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from features.priors import with_priors
from features.specs import user_features


def build_user_features(
    history: DataFrame,
    users: DataFrame,
    *,
    as_of: str,
    roles: Mapping[str, str],
    profile: Sequence[str],
    numbers: Collection[str] = (),
) -> DataFrame:
    """Grain: user with an event in the window. `user_code` is the position in the order of `user_id`, from 0.

    Columns: ds, user_code, user_id, the features of `features.specs.user_features` as float, then per attribute of
    the profile, as float (null when unknown), the position of the value in the order of all; of `numbers`, the value.
    """
    features = user_features(roles)
    per_user = (
        with_priors(history, roles=roles)
        .groupBy("user_id")
        .agg(*(F.expr(feature.sql).cast("float").alias(feature.name) for feature in features))
    )
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
        per_user.join(known, "user_id", "left")
        .withColumn("user_code", F.row_number().over(Window.orderBy("user_id")) - 1)
        .select(
            F.lit(as_of).alias("ds"),
            "user_code",
            "user_id",
            *(feature.name for feature in features),
            *(f"profile_{name}" for name in profile),
        )
    )

"""Experiments: from events to what each user of a variant did, and to the sums from which metrics follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from features.daily import happened

MONEY = 10_000  # value_units of one unit of the source's money; whole numbers add up to the same sum in any order
SEVERAL, ROBOT = "several variants", "robot"

# Metric -> numerator and denominator, SQL over the whole numbers of one user that `user_totals` gives.
METRICS = {
    "ctr": ("clicks", "exposures"),
    "clicks_per_user": ("clicks", "1"),
    "cvr": ("conversions", "clicks"),
    "conversions_per_user": ("conversions", "1"),
    "converted_users": ("if(conversions > 0, 1, 0)", "1"),
    "value_per_user": ("value_units", str(MONEY)),
}


def user_variant_daily(events: DataFrame) -> DataFrame:
    """Grain: day of delivery x day of the event x scene x variant x user x event type.

    Columns: ds, event_day, scene, variant (empty when not logged), user_id, event_type, event_count, value_units (money
    in 1 / MONEY, 0 when none was logged).
    """
    value = F.col("value").try_cast("decimal(18,4)") * MONEY
    keys = ("ds", "event_day", "scene", "variant", "user_id", "event_type")
    return (
        events.withColumns({name: F.coalesce(name, F.lit("")) for name in ("scene", "variant")})
        .groupBy(*keys)
        .agg(
            F.count(F.lit(1)).alias("event_count"),
            F.coalesce(F.sum(value).cast("bigint"), F.lit(0)).alias("value_units"),
        )
        .select(*keys, "event_count", "value_units")
    )


def user_totals(
    daily: DataFrame,
    *,
    first: str,
    last: str,
    scene: str,
    exposure: Sequence[str],
    clicks: Sequence[str],
    conversions: Sequence[str],
    most_exposures: int,
) -> DataFrame:
    """Grain: user to whom a list of a variant was shown from day `first` to day `last`, from `user_variant_daily`.

    What a user did counts from the day of the first exposure on, in the scene or where no scene was logged. exposure,
    clicks, conversions: event types. Columns: user_id, variant, left_out (null when the user counts; SEVERAL: lists of
    more than one variant were shown; ROBOT: more than `most_exposures` on a day), exposures, clicks, conversions,
    value_units, all of whole numbers.
    """
    shown = F.col("event_type").isin(list(exposure)) & (F.col("variant") != "")
    days = (
        happened(daily, first, last)
        .where(F.col("scene").isin("", scene))
        .groupBy("user_id", "event_day")
        .agg(
            *(
                F.sum(F.when(F.col("event_type").isin(list(types)), F.col("event_count")).otherwise(0)).alias(name)
                for name, types in (("exposures", exposure), ("clicks", clicks), ("conversions", conversions))
            ),
            F.sum("value_units").alias("value_units"),
            F.min(F.when(shown, F.col("variant"))).alias("lowest"),
            F.max(F.when(shown, F.col("variant"))).alias("highest"),
        )
    )
    user = Window.partitionBy("user_id")
    since = F.min(F.when(F.col("lowest").isNotNull(), F.col("event_day"))).over(user)
    totals = (
        days.withColumn("since", since)
        .where(F.col("event_day") >= F.col("since"))
        .groupBy("user_id")
        .agg(
            F.min("lowest").alias("variant"),
            F.max("highest").alias("highest"),
            F.max("exposures").alias("most"),
            *(F.sum(name).alias(name) for name in ("exposures", "clicks", "conversions", "value_units")),
        )
    )
    left_out = F.when(F.col("variant") != F.col("highest"), SEVERAL).when(F.col("most") > most_exposures, ROBOT)
    return totals.select(
        *("user_id", "variant"), left_out.alias("left_out"), *("exposures", "clicks", "conversions", "value_units")
    )


def variant_sums(totals: DataFrame, metrics: Mapping[str, tuple[str, str]]) -> DataFrame:
    """Grain: variant x left_out, from `user_totals`. metrics: name -> numerator, denominator, as in METRICS.

    Columns: variant, left_out, users, and per metric `<name>_x`, `_y`, `_xx`, `_yy`, `_xy`: the sums over the users of
    numerator, denominator, their squares and their products, as whole decimals.
    """
    sums = []
    for name, (numerator, denominator) in metrics.items():
        x, y = (f"cast({part} AS decimal(19,0))" for part in (numerator, denominator))
        products = {"x": x, "y": y, "xx": f"{x} * {x}", "yy": f"{y} * {y}", "xy": f"{x} * {y}"}
        sums += [F.expr(f"sum({sql})").alias(f"{name}_{part}") for part, sql in products.items()]
    return totals.groupBy("variant", "left_out").agg(F.count(F.lit(1)).alias("users"), *sums)

"""The impressions of a label window as training samples, in the codes of the day before it."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from features.facts import Facts
from features.outcomes import any_of, with_context

UNKNOWN = -1
CHANCES = 1 << 32


def target(parts: Sequence[tuple[Sequence[str], float]], *, dwell: float, dwell_seconds: float) -> Column:
    """The label of an outcome, in [0, 1]: the mean of what followed and of dwell_seconds / `dwell_seconds`, at most 1.

    parts: event types of which any counts, and their weight. dwell: the weight of the dwell time.
    """
    of_events = [F.when(any_of(types), weight).otherwise(0.0) for types, weight in parts]
    of_dwell = dwell * F.least(F.coalesce("dwell_seconds", F.lit(0.0)) / dwell_seconds, F.lit(1.0))
    return sum(of_events, of_dwell) / (dwell + sum(weight for _, weight in parts))


def impressions(
    rows: DataFrame,
    user_codes: DataFrame,
    item_codes: DataFrame,
    *,
    label: Column,
    negatives: float,
    seed: int,
    facts: Facts,
) -> DataFrame:
    """Grain: user with an impression in the window.

    rows: of `features.outcomes.outcomes`. user_codes: user_id, user_code. item_codes: item_id, item_code. A user that
    the directory (as of the day before) lacks has a code of its own below 0, an item that it lacks is -1: nothing was
    known of them, and they are shown all the same. Of impressions with the label 0 the share `negatives` is kept,
    drawn by a hash of the impression, and each stands for as many as were left out for it.

    Columns: user_code and parallel arrays, one element an impression, sorted by item_code, exposed_at: item_code,
    exposed_at (seconds since 1970), label, positive (1 or 0), weight, context_hour, context_weekday (0 is Monday), and
    the data set's contexts under their names, as text.
    """
    kept = F.pmod(F.xxhash64("user_id", "item_id", "exposed_at", F.lit(seed)), F.lit(CHANCES)) < negatives * CHANCES
    columns = [
        F.coalesce("item_code", F.lit(UNKNOWN)).alias("item_code"),
        *(F.col(name) for name in ("exposed_at", "label")),
        any_of(facts.with_role("positive")).cast("float").alias("positive"),
        F.when(F.col("label") > 0, 1.0).otherwise(1 / negatives).cast("float").alias("weight"),
        F.col("hour").cast("float").alias("context_hour"),
        F.weekday("event_day").cast("float").alias("context_weekday"),
        *(F.col(name) for name in facts.context),
    ]
    strangers = rows.select("user_id").distinct().join(user_codes, "user_id", "left_anti")
    below = (-F.row_number().over(Window.orderBy("user_id"))).alias("user_code")
    samples = (
        with_context(rows, facts)
        .withColumn("label", label.cast("float"))
        .where((F.col("label") > 0) | kept)
        .join(user_codes.union(strangers.select("user_id", below)), "user_id")
        .join(item_codes, "item_id", "left")
        .groupBy("user_code")
        .agg(F.array_sort(F.collect_list(F.struct(*columns))).alias("rows"))
    )
    names = ["item_code", "exposed_at", "label", "positive", "weight", "context_hour", "context_weekday"]
    return samples.select("user_code", *(F.col(f"rows.{name}").alias(name) for name in (*names, *facts.context)))

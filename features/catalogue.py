"""The newest item and user snapshots as known on a day."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.source import CORRUPT, evaluate

PROFILE = "profile_"
ITEM_TYPES = {
    "item_id": "string",
    "name": "string",
    "category": "string",
    "subcategory": "string",
    "brand": "string",
    "price": "double",
    "created_on": "date",
    "available": "boolean",
}


def items(records: DataFrame, *, as_of: str, columns: Mapping[str, str]) -> DataFrame:
    """Grain: item known on `as_of`. Input column: raw (struct of string fields). columns: our name -> SQL over them.

    Columns: ds, item_id, name, category, subcategory, brand, price (money), created_on (date), available (whether it
    can be had); null when the source doesn't say. An item created after `as_of` is left out.
    """
    typed = typed_items(records.where("corrupt IS NULL"), columns=columns)
    known = typed.where("item_id != ''").where(
        F.col("created_on").isNull() | (F.col("created_on") <= F.lit(as_of).cast("date"))
    )
    return _first_by(known.drop(CORRUPT), "item_id").select(F.lit(as_of).alias("ds"), *ITEM_TYPES)


def typed_items(records: DataFrame, *, columns: Mapping[str, str]) -> DataFrame:
    """Grain: record. Columns: `CORRUPT` (null for a sound record), then those of `ITEM_TYPES`."""
    raw = records.select(F.col("corrupt").alias(CORRUPT), "raw.*")
    # Ids are trimmed as those of events are, so that both meet.
    return (
        evaluate(raw, {CORRUPT: CORRUPT, **columns})
        .select(CORRUPT, *(F.col(name).try_cast(kind).alias(name) for name, kind in ITEM_TYPES.items()))
        .withColumn("item_id", F.trim("item_id"))
    )


def users(records: DataFrame, *, as_of: str, columns: Mapping[str, str]) -> DataFrame:
    """Grain: user known on `as_of`. columns: user_id and `profile_<attribute>` -> SQL over the fields of raw.

    Columns: ds, user_id, profile (map of attribute -> value; unknown left out).
    """
    typed = typed_users(records.where("corrupt IS NULL"), columns=columns).drop(CORRUPT)
    rows = _first_by(typed.where("user_id != ''"), "user_id")
    pairs = [F.struct(F.lit(name.removeprefix(PROFILE)), F.col(name).alias("value")) for name in rows.columns[1:]]
    attributes = F.map_from_entries(F.filter(F.array(*pairs), lambda pair: pair["value"].isNotNull()))
    return rows.select(
        F.lit(as_of).alias("ds"),
        "user_id",
        (attributes if pairs else F.expr("cast(map() AS map<string,string>)")).alias("profile"),
    )


def typed_users(records: DataFrame, *, columns: Mapping[str, str]) -> DataFrame:
    """Grain: record. Columns: `CORRUPT` (null for a sound record), user_id, and `profile_<attribute>` as text."""
    raw = records.select(F.col("corrupt").alias(CORRUPT), "raw.*")
    return evaluate(raw, {CORRUPT: CORRUPT, **columns}).select(
        CORRUPT,
        F.trim(F.col("user_id").cast("string")).alias("user_id"),
        *(F.col(name).cast("string").alias(name) for name in columns if name.startswith(PROFILE)),
    )


def _first_by(frame: DataFrame, key: str) -> DataFrame:
    """One row per key: of several, the least in the order of its columns, so that it is always the same one."""
    others = [name for name in frame.columns if name != key]
    if not others:
        return frame.distinct()
    return frame.groupBy(key).agg(F.min(F.struct(*others)).alias("row")).select(key, "row.*")

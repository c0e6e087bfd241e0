"""The newest item and user snapshots as known on a day."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.source import CORRUPT, evaluate

PROFILE, NUMBER = "profile_", "number_"
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
    can be had), null when the source doesn't say; numbers (map of name -> `number_<name>`; unknown left out). An item
    created after `as_of` is left out.
    """
    typed = typed_items(records.where("corrupt IS NULL"), columns=columns)
    known = typed.where("item_id != ''").where(
        F.col("created_on").isNull() | (F.col("created_on") <= F.lit(as_of).cast("date"))
    )
    rows = _first_by(known.drop(CORRUPT), "item_id")
    return rows.select(F.lit(as_of).alias("ds"), *ITEM_TYPES, _known(rows, NUMBER, "double").alias("numbers"))


def typed_items(records: DataFrame, *, columns: Mapping[str, str]) -> DataFrame:
    """Grain: record. Columns: `CORRUPT` (null for a sound record), those of `ITEM_TYPES`, and `number_<name>`."""
    types = ITEM_TYPES | {name: "double" for name in columns if name.startswith(NUMBER)}
    raw = records.select(F.col("corrupt").alias(CORRUPT), "raw.*")
    # Ids are trimmed as those of events are, so that both meet.
    return (
        evaluate(raw, {CORRUPT: CORRUPT, **columns})
        .select(CORRUPT, *(F.col(name).try_cast(kind).alias(name) for name, kind in types.items()))
        .withColumn("item_id", F.trim("item_id"))
    )


def users(records: DataFrame, *, as_of: str, columns: Mapping[str, str]) -> DataFrame:
    """Grain: user known on `as_of`. columns: user_id and `profile_<attribute>` -> SQL over the fields of raw.

    Columns: ds, user_id, profile (map of attribute -> value; unknown left out).
    """
    typed = typed_users(records.where("corrupt IS NULL"), columns=columns).drop(CORRUPT)
    rows = _first_by(typed.where("user_id != ''"), "user_id")
    return rows.select(F.lit(as_of).alias("ds"), "user_id", _known(rows, PROFILE, "string").alias("profile"))


def typed_users(records: DataFrame, *, columns: Mapping[str, str]) -> DataFrame:
    """Grain: record. Columns: `CORRUPT` (null for a sound record), user_id, and `profile_<attribute>` as text."""
    raw = records.select(F.col("corrupt").alias(CORRUPT), "raw.*")
    return evaluate(raw, {CORRUPT: CORRUPT, **columns}).select(
        CORRUPT,
        F.trim(F.col("user_id").cast("string")).alias("user_id"),
        *(F.col(name).cast("string").alias(name) for name in columns if name.startswith(PROFILE)),
    )


def _known(rows: DataFrame, prefix: str, kind: str) -> Column:
    """The columns with a prefix as a map of what follows it -> value; nulls left out."""
    names = [name for name in rows.columns if name.startswith(prefix)]
    if not names:
        return F.expr(f"cast(map() AS map<string,{kind}>)")
    pairs = [F.struct(F.lit(name.removeprefix(prefix)), F.col(name).alias("value")) for name in names]
    return F.map_from_entries(F.filter(F.array(*pairs), lambda pair: pair["value"].isNotNull()))


def _first_by(frame: DataFrame, key: str) -> DataFrame:
    """One row per key: of several, the least in the order of its columns, so that it is always the same one."""
    others = [name for name in frame.columns if name != key]
    if not others:
        return frame.distinct()
    return frame.groupBy(key).agg(F.min(F.struct(*others)).alias("row")).select(key, "row.*")

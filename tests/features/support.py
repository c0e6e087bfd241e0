"""Small frames in the shape of the tables, and comparisons with the contracts in `jobs.tables`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from features.facts import Facts
from features.json_fields import JsonFields
from features.templates import Template
from jobs.runtime.checks import arrow_schema
from jobs.runtime.text import LINES
from jobs.tables import tables

AS_OF = "2026-03-31"
ROLES = {"impression": "exposure", "click": "positive", "purchase": "positive", "hate": "negative"}
WEIGHTS = {"click": 1.0, "purchase": 4.0}
PROFILE = ("age", "city")
TEMPLATES = {
    "hours": Template(of="user", statistic="share", windows=(28,), on="hour"),
    "weekday": Template(of="user", statistic="count", events=("click",), windows=(28,), on="weekday"),
    "category": Template(of="category", statistic="rate", windows=(7, 28)),
}
FACTS = Facts(
    ROLES,
    WEIGHTS,
    groups=("category", "subcategory", "brand"),
    value=True,
    dwell=True,
    price=True,
    created=True,
    profile=PROFILE,
    templates=TEMPLATES,
    most_generated=10,
)
DAILY = (
    "ds string, event_day string, user_id string, item_id string, event_type string, event_count bigint, "
    "value_sum double, value_count bigint, dwell_log_sum double, dwell_count bigint, last_time bigint"
)
EVENTS = (
    "ds string, event_day string, user_id string, item_id string, event_type string, event_time timestamp, "
    "value double, dwell_seconds double"
)
_ARROW = {"string": pa.string(), "bigint": pa.int64(), "double": pa.float64()}
FLOAT = 1e-6  # relative error of a 32-bit float

# (age in days, user, item, event type, events, summed value or None, events that carried a value)
Day = tuple[int, str, str, str, int, float | None, int]


def day(age: int, as_of: str = AS_OF) -> str:
    return (dt.date.fromisoformat(as_of) - dt.timedelta(age)).isoformat()


def daily_frame(spark: SparkSession, rows: Iterable[Day]) -> DataFrame:
    """user_item_daily of the days before `AS_OF`; each row's last event is at noon, UTC."""
    return spark.createDataFrame(_daily_rows(rows), DAILY)


def daily_table(rows: Iterable[Day]) -> pa.Table:
    """The same without Spark."""
    columns = [(name, _ARROW[kind]) for name, kind in (column.split() for column in DAILY.split(", "))]
    names = [name for name, _ in columns]
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in _daily_rows(rows)], pa.schema(columns))


def counted(daily: pa.Table) -> pa.Table:
    """Rows of `daily_table` as user_daily, all at 12 o'clock, and item_daily may have them."""
    return daily.append_column("hour", pa.repeat(12, len(daily)))


def records_of(
    spark: SparkSession, texts: Sequence[str], fields: Sequence[str], days: Sequence[str] | None = None
) -> DataFrame:
    """Records of JSON lines in one file; days: of the delivery of each, else of none."""
    columns, faults = JsonFields(fields).read([text.encode() for text in texts], {})
    values = list(zip(*(column.to_pylist() for column in columns), strict=True)) or [()] * len(texts)
    rows = [
        (days[n] if days else None, 0, n, hash(text) >> 1, faults.get(n), text, values[n])
        for n, text in enumerate(texts)
    ]
    schema = StructType.fromDDL(LINES.replace("ds date", "ds string"))
    raw = StructType([StructField(name, StringType()) for name in fields])
    frame = spark.createDataFrame(rows, schema.add("raw", raw))  # type: ignore[attr-defined]
    return frame.withColumn("ds", frame.ds.cast("date"))


def by_key(frame: DataFrame | pa.Table, *keys: str) -> dict[Any, dict[str, Any]]:
    """Key, or tuple of keys -> row; fails when a key stands twice."""
    rows = frame.to_pylist() if isinstance(frame, pa.Table) else [row.asDict() for row in frame.collect()]
    found = {row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows), f"{keys} repeat"
    return found


def assert_contract(frame: DataFrame | pa.Table, table: str, *, facts: Facts = FACTS) -> None:
    """The frame has the columns of the table's contract, in their order, of their types."""
    contract = tables(["als"], facts)[table]
    if isinstance(frame, pa.Table):
        assert frame.schema == arrow_schema(contract)
        return
    assert frame.dtypes == [(column.name, column.type) for column in contract.columns]


def _daily_rows(rows: Iterable[Day]) -> list[tuple[Any, ...]]:
    return [(day(age), day(age), *rest, None, 0, _seconds(day(age))) for age, *rest in rows]


def _seconds(ds: str) -> int:
    noon = dt.datetime.fromisoformat(f"{ds}T12:00:00+00:00")
    return int(noon.timestamp())

"""How Spark's rows become the files of days."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.contract import Column, Table
from jobs.errors import RunError
from jobs.runtime.spark import write_days

DS = Column("ds", "string", "business day")
TABLE = Table("counts", "day x user", ("user_id",), (DS, Column("user_id", "string", "of the log")))
ROWS = [("2026-03-02", "b"), ("2026-03-01", "c"), ("2026-03-02", "a")]


def test_each_day_is_one_sorted_file_and_a_day_without_rows_has_none(tmp_path: Path, spark: SparkSession) -> None:
    days = ["2026-03-01", "2026-03-02", "2026-03-03"]
    write_days(spark.createDataFrame(ROWS, "ds string, user_id string"), TABLE, days, tmp_path)
    found = {path.relative_to(tmp_path).as_posix(): pq.read_table(path) for path in tmp_path.rglob("*.parquet")}
    assert {name: rows["user_id"].to_pylist() for name, rows in found.items()} == {
        "2026-03-01/part-00000.parquet": ["c"],
        "2026-03-02/part-00000.parquet": ["a", "b"],
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == days


def test_rows_of_other_days_are_an_error_that_names_them(tmp_path: Path, spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, "ds string, user_id string")
    with pytest.raises(RunError, match="table counts: the job wrote 2026-03-01 besides 2026-03-02"):
        write_days(frame, TABLE, ["2026-03-02"], tmp_path)

"""Raw files of every format and packing to records."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from features.source import RECORD
from jobs.dataset import Files
from jobs.errors import RunError
from jobs.runtime.records import Deliveries, read_records

ONE, TWO = "2026-01-01", "2026-01-02"


def put(path: Path, text: str) -> Path:
    """A text file, packed as its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            file.write(text.encode())
    else:
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def put_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def read(spark: SparkSession, files: Deliveries, fields: list[str], **told: Any) -> set[tuple[Any, ...]]:
    """(ds, file, values or None for a corrupt record)."""
    records = read_records(spark, files, Files(files="*", **told), fields)
    assert tuple(records.columns) == RECORD
    found = [(row.ds, row.file, None if row.corrupt is not None else tuple(row.raw)) for row in records.collect()]
    assert len(set(found)) == len(found)
    return set(found)


def test_text_of_every_packing_and_names_that_look_like_globs(spark: SparkSession, tmp_path: Path) -> None:
    files = {
        ONE: [put(tmp_path / "a b" / "x[1] {2}, 3+4%20.json", '{"id": 1}\n')],
        TWO: [
            put(tmp_path / TWO / "y.json.gz", '{"id": 2}\r\n{"id": 3}'),
            put(tmp_path / TWO / "z.json.zst", '{"id": 4}\n{"id"\n'),
            put(tmp_path / TWO / "empty.json", ""),
        ],
    }
    assert read(spark, files, ["id"]) == {
        (ONE, "x[1] {2}, 3+4%20.json", ("1",)),
        (TWO, "y.json.gz", ("2",)),
        (TWO, "y.json.gz", ("3",)),
        (TWO, "z.json.zst", ("4",)),
        (TWO, "z.json.zst", None),
    }


def test_each_csv_file_names_its_own_columns(spark: SparkSession, tmp_path: Path) -> None:
    files = {
        None: [
            put(tmp_path / "a.csv", "\ufeffid;title\n1;one\n2;two\n"),
            put(tmp_path / "b.csv.gz", '"title";"more";"id"\r\nthree;;3\r\n'),
            put(tmp_path / "c.csv.zst", "id;title\n4;four\nid;title\n5\n"),
            put(tmp_path / "empty.csv", ""),
        ]
    }
    assert read(spark, files, ["title", "id"], format="csv", delimiter=";") == {
        (None, "a.csv", ("one", "1")),
        (None, "a.csv", ("two", "2")),
        (None, "b.csv.gz", ("three", "3")),
        (None, "c.csv.zst", ("four", "4")),
        (None, "c.csv.zst", None),
    }


def test_csv_without_a_header(spark: SparkSession, tmp_path: Path) -> None:
    files = {ONE: [put(tmp_path / "a.dat.zst", "1::0104257::8\n")]}
    told = {"format": "csv", "delimiter": "::", "columns": ("user", "item", "stars")}
    assert read(spark, files, ["stars", "item"], **told) == {(ONE, "a.dat.zst", ("8", "0104257"))}


def test_parquet_files_whose_types_differ(spark: SparkSession, tmp_path: Path) -> None:
    broken = tmp_path / "c.parquet"
    broken.write_bytes(b"PAR1 cut off")
    files = {
        ONE: [put_rows(tmp_path / "a.parquet", [{"id": 1, "x": 0.5}])],
        TWO: [put_rows(tmp_path / "b.parquet", [{"x": None, "id": "two", "more": [1]}]), broken],
    }
    assert read(spark, files, ["id", "x"], format="parquet") == {
        (ONE, "a.parquet", ("1", "0.5")),
        (TWO, "b.parquet", ("two", None)),
        (TWO, "c.parquet", None),
    }


def test_a_field_that_the_files_lack_is_named_with_the_columns_found(spark: SparkSession, tmp_path: Path) -> None:
    table, text = put_rows(tmp_path / "a.parquet", [{"id": 1}]), put(tmp_path / "a.csv", "id,name\n1,a\n")
    with pytest.raises(RunError, match=r"a\.parquet has no column user, title: it has id\."):
        read(spark, {ONE: [table]}, ["user", "id", "title"], format="parquet")
    with pytest.raises(RunError, match=r"a\.csv has no column ID: it has id, name\."):
        read(spark, {ONE: [text]}, ["ID"], format="csv")


def test_csv_files_without_any_line_hold_no_record(spark: SparkSession, tmp_path: Path) -> None:
    assert read(spark, {ONE: [put(tmp_path / "empty.csv.gz", "")]}, ["id"], format="csv") == set()

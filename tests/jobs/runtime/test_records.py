"""Raw files of every format and packing to records."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from features.source import RECORD
from jobs.dataset import Files
from jobs.errors import RunError, UsageError
from jobs.runtime.records import Deliveries, read_records, read_table
from tests.jobs.support import data_set

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
    """(ds, file, values, or why the record is corrupt)."""
    records = read_records(spark, files, Files(files="*", **told), fields)
    assert set(records.columns) == {*RECORD}
    names = [path.name for paths in files.values() for path in paths]
    found = [
        (str(row.ds) if row.ds else None, names[row.source], row.corrupt or tuple(row.raw)) for row in records.collect()
    ]
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
        (TWO, "z.json.zst", "malformed"),
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
        (None, "c.csv.zst", "malformed"),
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
        (TWO, "c.parquet", "unreadable file"),
    }


def test_csv_files_without_any_line_hold_no_record(spark: SparkSession, tmp_path: Path) -> None:
    assert read(spark, {ONE: [put(tmp_path / "empty.csv.gz", "")]}, ["id"], format="csv") == set()


@pytest.mark.parametrize(
    ("name", "text", "told", "message"),
    [
        (
            "a.csv",
            "User,item,at\n1,2,3\n",
            {},
            r"data\.events\.user_id names user, which .*a\.csv hasn't: it has User, item, at\.",
        ),
        (
            "a.csv",
            "user,item,at\n",
            {"value": "1 + price"},
            r"data\.events\.value names price, which .* has user, item, at",
        ),
        (
            "a.json",
            '{"usr": 1}\n{"item": 2}\n',
            {},
            r"data\.events\.user_id names user, .*a\.json hasn't: it has usr, item\.",
        ),
    ],
)
def test_a_field_that_the_files_lack(
    spark: SparkSession, tmp_path: Path, name: str, text: str, told: dict[str, Any], message: str
) -> None:
    data = data_set(events={"format": name.partition(".")[2], **told})
    with pytest.raises(RunError, match=message):
        read_table(spark, data, "events", {ONE: [put(tmp_path / name, text)]})


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"value": "price +"}, r"conf/mine\.toml: data\.events\.value = 'price \+' is no Spark SQL expression: "),
        ({"value": "pirce(item)"}, r"data\.events\.value = 'pirce\(item\)' is no Spark SQL expression: .*`pirce`"),
        ({"time_format": "sql"}, r"event_time = 'at' is a string and has to be a timestamp; .* time_format\."),
        (
            {"time_format": "YYYY-MM-DD"},
            r"data\.events\.time_format = 'YYYY-MM-DD' is no pattern of a time, such as yyyy-MM-dd HH:mm:ss\.",
        ),
        (
            {"types": {"a": {"when": "item", "role": "positive", "weight": 1.0}}},
            r"types\.a\.when = 'item' is a string and",
        ),
        ({"fields": ["user", "at"]}, r"data\.events\.item_id = 'item' names `item`, which isn't among user, at\."),
        ({"event_key": ["nested.id"]}, r"event_key\[0\] names nested\.id: .* get_json_object\(nested, '\$\.id'\)"),
    ],
)
def test_an_expression_that_is_none(spark: SparkSession, tmp_path: Path, told: dict[str, Any], message: str) -> None:
    file = put(tmp_path / "a.json", '{"user": 1, "item": 2, "at": "2026-01-01"}\n')
    with pytest.raises(UsageError, match=message):
        read_table(spark, data_set(events=told), "events", {ONE: [file]})


def test_json_may_lack_what_is_not_vital(spark: SparkSession, tmp_path: Path) -> None:
    data = data_set(events={"value": "price", "user_id": "coalesce(user, uid)"})
    file = put(tmp_path / "a.json", '{"user": 1, "item": 2, "at": "2026-01-01", "more": 1}\n')
    (row,) = read_table(spark, data, "events", {ONE: [file]}).collect()
    assert row.raw.asDict() == {"user": "1", "uid": None, "item": "2", "at": "2026-01-01", "price": None}


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
def test_files_of_two_kinds(spark: SparkSession, tmp_path: Path, format: str) -> None:
    """Orders, which say nothing of what kind of event they are, beside a log of clicks that does."""
    rows = {
        "clicks": {"user": "u1", "item": "i1", "at": "2026-03-30", "what": "view", "price": "2"},
        "orders": {"user": "u2", "item": "i2", "at": "2026-03-31", "paid": "5"},
    }
    paths = [tmp_path / name / f"{ONE}.{format}" for name in rows]
    for path, row in zip(paths, rows.values(), strict=True):
        if format == "parquet":
            put_rows(path, [row])
        else:
            put(path, json.dumps(row) if format == "json" else f"{','.join(row)}\n{','.join(row.values())}\n")
    told = {"format": format, "event_type": "coalesce(what, 'order')", "value": "coalesce(price, paid)"}
    strict = data_set(events=told)
    with pytest.raises(RunError, match=r'write optional = \["price", "paid", "what"\] under \[data\.events\]\.'):
        read_table(spark, strict, "events", {ONE: paths})
    data = data_set(events={**told, "optional": ["what", "price", "paid"]})
    found = read_table(spark, data, "events", {ONE: paths}).select("corrupt", "raw.user", "raw.what", "raw.paid")
    assert {tuple(row) for row in found.collect()} == {(None, "u1", "view", None), (None, "u2", None, "5")}

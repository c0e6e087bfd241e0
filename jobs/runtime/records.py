"""Raw files to records: looks into files for the names of their columns, and reads those that are alike together."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from features.source import RECORD, parse_csv, parse_json, parse_rows
from jobs.dataset import Files
from jobs.errors import RunError

# Day of the delivery -> its files; None where the same files serve every day.
Deliveries = Mapping[str | None, Sequence[Path]]
# Text files to a frame of lines: ds, file, line.
ReadLines = Callable[[SparkSession, Deliveries], DataFrame]
# Names of columns, and what else must be the same for files to be read together: the header line, or the types.
Kind = tuple[tuple[str, ...], str]
PEEK = 1 << 20


def read_records(
    spark: SparkSession, files: Deliveries, source: Files, fields: Sequence[str], *, lines: ReadLines | None = None
) -> DataFrame:
    """Grain: record of the files. Columns: those of `features.source.RECORD`.

    A Parquet file that can't be read is one corrupt record. Raises RunError for a field that CSV or Parquet files
    lack; it names the columns found.
    """
    lines = lines or text_lines
    if source.format == "json":
        return parse_json(lines(spark, files), fields=fields)
    groups = _groups(files, source, fields)
    parts = [_unreadable(spark, unread, fields)] if (unread := groups.pop(None, None)) else []
    for kind, alike in groups.items():
        columns, header = kind or ((), "")
        absent = [name for name in fields if name not in columns]
        if absent:
            raise RunError(f"{paths_of(alike)[0]} has no column {', '.join(absent)}: it has {', '.join(columns)}.")
        if source.format == "csv":
            text = lines(spark, alike)
            parts.append(parse_csv(text, fields=fields, columns=columns, delimiter=source.delimiter, header=header))
        else:
            rows = spark.read.parquet(*map(_literal, paths_of(alike)))
            packed = rows.select(F.struct("*").alias("row"), F.input_file_name().alias("_path"))
            parts.append(parse_rows(_with_source(packed, alike), fields=fields))
    return reduce(DataFrame.unionAll, parts)


def text_lines(spark: SparkSession, files: Deliveries) -> DataFrame:
    """Grain: line. Columns: ds, file (name of the raw file), line. Spark unpacks .gz and .zst by their names."""
    text = spark.read.text([_literal(path) for path in paths_of(files)])
    named = text.select(F.col("value").alias("line"), F.input_file_name().alias("_path"))
    return _with_source(named, files).select("ds", "file", "line")


def paths_of(files: Deliveries) -> list[Path]:
    return [path for paths in files.values() for path in paths]


def kind_of(path: Path, source: Files) -> Kind | None:
    """What a CSV or Parquet file says of its columns; None when it can't be read, or a CSV file holds nothing."""
    if source.format == "parquet":
        try:
            schema = pq.read_schema(path)
        except (OSError, pa.ArrowInvalid):
            return None
        return tuple(schema.names), str(schema.types)
    if source.columns:
        return source.columns, ""
    header = first_line(path)
    parts = header.split(source.delimiter) if len(source.delimiter) > 1 else None
    names = parts or next(csv.reader([header], delimiter=source.delimiter), [])
    return (tuple(name.strip() for name in names), header) if header else None


def first_line(path: Path) -> str:
    """The first line of a text file, gzip and zstd unpacked; empty when it can't be read."""
    try:
        with _opened(path) as file:
            return file.readline(PEEK).decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
    except (OSError, EOFError, zlib.error):
        return ""


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix == ".zst":
        return io.BufferedReader(pa.CompressedInputStream(str(path), "zstd"))
    return path.open("rb")


def _groups(files: Deliveries, source: Files, fields: Sequence[str]) -> dict[Kind | None, Deliveries]:
    """Files by kind, in the order of their first file; None: no readable Parquet.

    Text that names no columns, such as an empty file, goes with the first that does.
    """
    groups: dict[Kind | None, dict[str | None, list[Path]]] = {}
    for day, paths in files.items():
        for path in paths:
            groups.setdefault(kind_of(path, source), {}).setdefault(day, []).append(path)
    if source.format == "csv" and None in groups:
        nameless = groups.pop(None)
        first = groups.setdefault(next(iter(groups), (tuple(fields), "")), {})
        for day, paths in nameless.items():
            first.setdefault(day, []).extend(paths)
    return dict(groups)


def _unreadable(spark: SparkSession, files: Deliveries, fields: Sequence[str]) -> DataFrame:
    """One corrupt record a file; no text of it is known."""
    rows = [(day, path.name, "", None, f"{path.name} is no Parquet file") for day in files for path in files[day]]
    raw = StructType([StructField(name, StringType()) for name in fields])
    kinds = (StringType(), StringType(), StringType(), raw, StringType())
    return spark.createDataFrame(rows, StructType([StructField(*pair) for pair in zip(RECORD, kinds, strict=True)]))


def _with_source(frame: DataFrame, files: Deliveries) -> DataFrame:
    """Adds ds and file, by the address that Spark gave the file of a row in `_path`."""
    spark = frame.sparkSession
    known = {str(path): (day, path.name) for day, paths in files.items() for path in paths}
    found = {address: known[unquote(urlsplit(address).path)] for address in frame.inputFiles()}
    rows = [(address, day, name) for address, (day, name) in sorted(found.items())]
    sources = spark.createDataFrame(rows, "_path string, ds string, file string")
    return frame.join(F.broadcast(sources), "_path", "left").drop("_path")


def _literal(path: Path) -> str:
    """A path as Spark reads it; what it would take for a glob is escaped."""
    return re.sub(r"([\[\]{}*?\\,])", r"\\\1", str(path))

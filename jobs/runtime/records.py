"""Raw files to records: an overlay's expressions are checked, and files that are alike are read together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from features.source import RECORD, check_expressions, check_time_format, parse_csv, parse_json, parse_rows, used_fields
from jobs.dataset import DataSet, Files, TableName
from jobs.errors import RunError, UsageError
from jobs.runtime.peek import Kind, json_keys, kind_of
from jobs.sql import NAMED_FORMATS

# Day of the delivery -> its files; None where the same files serve every day.
Deliveries = Mapping[str | None, Sequence[Path]]
# Text files to a frame of lines: ds, file, line.
ReadLines = Callable[[SparkSession, Deliveries], DataFrame]
# Without these no record is understood; a field that JSON records lack elsewhere may just not occur.
VITAL = {"events": ("user_id", "item_id", "event_time", "event_type"), "items": ("item_id",), "users": ("user_id",)}


def read_table(spark: SparkSession, data: DataSet, table: TableName, files: Deliveries) -> DataFrame:
    """Grain: record of a table's raw files. Columns: those of `features.source.RECORD`; raw has the fields in use.

    Raises UsageError for an expression of the overlay that is none, RunError for a field that the files lack; both name
    the key, and the latter the columns found.
    """
    source: Files = getattr(data, table)
    stated = data.stated(table)
    try:
        named = {key: used_fields({key: sql}) for key, sql in stated.items()}
        fields = list(source.fields) or list(dict.fromkeys(name for names in named.values() for name in names))
        kinds = {key: "boolean" for key in stated if key.endswith(".when")}
        ours = {f"data.{table}.{name}": sql for name, sql in data.expressions(table).items() if name == "event_time"}
        if table == "events" and data.events.time_format not in NAMED_FORMATS:
            check_time_format(spark, "data.events.time_format", data.events.time_format)
        check_expressions(spark, fields, {**stated, **ours}, {**kinds, **dict.fromkeys(ours, "timestamp")})
    except ValueError as error:
        raise UsageError(f"conf/{data.name}.toml: {error}.") from error
    for path, columns in _columns(files, source).items():
        for key, names in named.items():
            vital = key.rpartition(".")[2] in VITAL[table]
            absent = [name for name in names if name not in columns]
            if absent and (source.format != "json" or (vital and absent == names)):
                raise RunError(f"{key} names {absent[0]}, which {path} hasn't: it has {', '.join(columns)}.")
    return read_records(spark, files, source, fields)


def read_records(
    spark: SparkSession, files: Deliveries, source: Files, fields: Sequence[str], *, lines: ReadLines | None = None
) -> DataFrame:
    """Grain: record of the files. Columns: those of `features.source.RECORD`.

    A Parquet file that can't be read is one corrupt record. A field that CSV or Parquet files lack is an error.
    """
    lines = lines or text_lines
    if source.format == "json":
        return parse_json(lines(spark, files), fields=fields)
    parts = []
    for kind, alike in _groups(files, source, fields).items():
        if kind is None:
            parts.append(_unreadable(spark, alike, fields))
            continue
        columns, header = kind
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


def _columns(files: Deliveries, source: Files) -> dict[Path, Sequence[str]]:
    """What there is to name, by an example of each kind of file; JSON files are taken to be all of one kind."""
    if source.format == "json":
        found = json_keys(paths_of(files))
        return {found[0]: found[1]} if found else {}
    return {paths_of(alike)[0]: kind[0] for kind, alike in _groups(files, source, ()).items() if kind and kind[0]}


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
    known = {str(path): (day, path.name) for day, paths in files.items() for path in paths}
    rows = [(address, *known[unquote(urlsplit(address).path)]) for address in sorted(frame.inputFiles())]
    sources = frame.sparkSession.createDataFrame(rows, "_path string, ds string, file string")
    return frame.join(F.broadcast(sources), "_path", "left").drop("_path")


def _literal(path: Path) -> str:
    """A path as Spark reads it; what it would take for a glob is escaped."""
    return re.sub(r"([\[\]{}*?\\,])", r"\\\1", str(path))

"""Raw files to records: an overlay's expressions are checked, and files that are alike are read together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from features.reasons import UNREADABLE_FILE
from features.source import check_expressions, check_time_format, csv_titles, parse_csv, parse_rows, used_fields
from jobs.dataset import DataSet, Files, TableName
from jobs.errors import RunError, UsageError
from jobs.runtime.peek import Kind, json_keys, kind_of
from jobs.runtime.text import LINES, Deliveries, Reading, Source, json_records, sources_of, text_lines
from jobs.sql import NAMED_FORMATS

WHOLE = Reading()
# Without these no record is understood; a field that JSON records lack elsewhere may just not occur.
VITAL = {"events": ("user_id", "item_id", "event_time", "event_type"), "items": ("item_id",), "users": ("user_id",)}


def read_table(
    spark: SparkSession, data: DataSet, table: TableName, files: Deliveries, reading: Reading = WHOLE
) -> DataFrame:
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
    _check_names(data, table, named, columns_of(files, source))
    return read_records(spark, files, source, fields, reading)


def _check_names(
    data: DataSet, table: TableName, named: Mapping[str, list[str]], found: Mapping[Path, Sequence[str]]
) -> None:
    """Raises RunError for a field that a kind of file lacks and may not. named: key -> fields; found: see below."""
    source: Files = getattr(data, table)
    names = dict.fromkeys(name for names in named.values() for name in names)
    partly = [name for name in names if 0 < sum(name in columns for columns in found.values()) < len(found)]
    for path, columns in found.items():
        for key, fields in named.items():
            vital = key.rpartition(".")[2] in VITAL[table]
            absent = [name for name in fields if name not in columns and name not in source.optional]
            if absent and (source.format != "json" or (vital and absent == fields)):
                what = f"{key} names {absent[0]}, which {path} hasn't: it has {', '.join(columns)}"
                told = ", ".join(f'"{name}"' for name in dict.fromkeys([*source.optional, *partly]))
                remedy = f"; if only some files are to have it, write optional = [{told}] under [data.{table}]"
                raise RunError(f"{what}{remedy if absent[0] in partly else ''}.")


def read_records(
    spark: SparkSession, files: Deliveries, source: Files, fields: Sequence[str], reading: Reading = WHOLE
) -> DataFrame:
    """Grain: record of the files. Columns: those of `features.source.RECORD`.

    A Parquet file that can't be read is one corrupt record. A field that a file lacks is null: `read_table` has
    judged which may.
    """
    sources = sources_of(files)
    if source.format == "json":
        return json_records(spark, sources, fields, reading)
    parts = [] if sources else [_unreadable(spark, (), fields)]
    for kind, alike in _groups(sources, source, fields).items():
        if kind is None:
            parts.append(_unreadable(spark, alike, fields))
            continue
        columns, header = kind
        if source.format == "csv":
            text = text_lines(spark, alike, reading, csv_titles(columns, source.delimiter, header))
            parts.append(parse_csv(text, fields=fields, columns=columns, delimiter=source.delimiter))
        else:
            rows = spark.read.parquet(*(_literal(path) for _, _, path in alike))
            row = F.struct("*").alias("row")
            position = F.col("_metadata.row_index").alias("position")
            packed = rows.select(row, position, F.input_file_name().alias("_path"))
            parts.append(parse_rows(_with_source(packed, alike), fields=fields))
    return reduce(DataFrame.unionAll, parts)


def columns_of(files: Deliveries, source: Files) -> dict[Path, Sequence[str]]:
    """What there is to name, by an example of each kind of file; JSON files of one folder are taken to be of one kind.

    Of JSON files one delivery is looked at, the first with a record in it.
    """
    if source.format == "json":
        return next(filter(None, (_keys_by_folder(paths) for paths in files.values())), {})
    groups = _groups(sources_of(files), source, ())
    return {Path(alike[0].path): kind[0] for kind, alike in groups.items() if kind and kind[0]}


def _keys_by_folder(paths: Sequence[Path]) -> dict[Path, Sequence[str]]:
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    return dict(found for alike in folders.values() if (found := json_keys(alike)))


def _groups(sources: Sequence[Source], source: Files, fields: Sequence[str]) -> dict[Kind | None, list[Source]]:
    """Files by kind, in the order of their first file; None: no readable Parquet.

    Text that names no columns, such as an empty file, goes with the first that does.
    """
    groups: dict[Kind | None, list[Source]] = {}
    for one in sources:
        groups.setdefault(kind_of(Path(one.path), source), []).append(one)
    if source.format == "csv" and None in groups:
        nameless = groups.pop(None)
        groups.setdefault(next(iter(groups), (tuple(fields), "")), []).extend(nameless)
    return groups


def _unreadable(spark: SparkSession, sources: Sequence[Source], fields: Sequence[str]) -> DataFrame:
    """One corrupt record a file; no text of it is known."""
    rows = [(one.day, one.number, 0, 0, UNREADABLE_FILE, None, None) for one in sources]
    raw = StructType([StructField(name, StringType()) for name in fields])
    text = LINES.replace("ds date", "ds string")
    schema = StructType([*StructType.fromDDL(text).fields, StructField("raw", raw)])  # type: ignore[attr-defined]
    return spark.createDataFrame(rows, schema).withColumn("ds", F.col("ds").cast("date"))


def _with_source(frame: DataFrame, sources: Sequence[Source]) -> DataFrame:
    """Adds ds and source, by the address that Spark gave the file of a row in `_path`."""
    known = {one.path: (one.day, one.number) for one in sources}
    rows = [(address, *known[unquote(urlsplit(address).path)]) for address in sorted(frame.inputFiles())]
    named = frame.sparkSession.createDataFrame(rows, "_path string, ds string, source int")
    dated = named.withColumn("ds", F.col("ds").cast("date"))
    return frame.join(F.broadcast(dated), "_path", "left").drop("_path")


def _literal(path: str) -> str:
    """A path as Spark reads it; what it would take for a glob is escaped."""
    return re.sub(r"([\[\]{}*?\\,])", r"\\\1", path)

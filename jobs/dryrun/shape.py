"""How a raw file is written, guessed from its first lines: format, delimiter, columns."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.files import Files
from jobs.runtime.peek import csv_fields, first_lines

PARQUET = b"PAR1"
DELIMITERS = ("::", "\t", ";", "|", ",")
LINES = 200
NAME = re.compile(r"[A-Za-z_][\w .:()/-]*$")


@dataclass(frozen=True)
class Shape:
    """format: json, csv, parquet, "json array" (which is none of ours), or "" for what can't be told.

    delimiter: of CSV. columns: names, in the order of the file; for CSV without a header line, made-up ones. header:
    whether the file names its columns. records: some, field -> text.
    """

    format: str
    delimiter: str
    columns: tuple[str, ...]
    header: bool
    records: tuple[dict[str, str], ...]


def shape_of(path: Path, columns: Sequence[str] = ()) -> Shape:
    """columns: those of a CSV file without a header line, as far as they are known."""
    if _magic(path) == PARQUET:
        with suppress(OSError, pa.ArrowInvalid):
            head = next(pq.ParquetFile(path).iter_batches(LINES), None)
            rows = head.to_pylist() if head is not None else []
            return Shape("parquet", "", tuple(pq.read_schema(path).names), True, tuple(map(_texts, rows)))
        return Shape("", "", (), False, ())
    lines = [line for line in first_lines(path, LINES) if line.strip()]
    if lines and lines[0].lstrip().startswith("["):
        return Shape("json array", "", (), False, ())
    objects = [record for line in lines if (record := json_object(line))]
    if objects:
        names = dict.fromkeys(name for record in objects for name in record)
        return Shape("json", "", tuple(names), True, tuple(objects))
    return _csv_shape(lines, columns)


def json_object(line: str) -> dict[str, str] | None:
    """A JSON object as field -> text; fields that are null are left out. None for anything else."""
    with suppress(ValueError, RecursionError):
        record = json.loads(line)
        return _texts(record) if isinstance(record, dict) else None
    return None


def record_of(line: str, source: Files, columns: Sequence[str]) -> dict[str, str]:
    """The fields that a record's text has; none where it isn't understood. columns: those of a CSV file."""
    if source.format != "csv":
        return json_object(line) or {}
    values = csv_fields(line, source.delimiter)
    if len(values) != len(columns):
        return {}
    return {name: value for name, value in zip(columns, values, strict=True) if value}


def exact_column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that is called like one of the names, but for case and what is no letter or digit."""
    plain = {_plain(column): column for column in reversed(columns)}
    return next((plain[name] for name in map(_plain, names) if name in plain), None)


def sql_name(column: str) -> str:
    """A column in Spark SQL; names of other letters stand in backticks."""
    return column if re.fullmatch(r"[A-Za-z_]\w*", column, re.ASCII) else f"`{column.replace('`', '``')}`"


def delimiter_of(lines: Sequence[str]) -> str | None:
    """The delimiter that cuts all lines into the same number of columns, more than one; None when there is none."""
    for delimiter in DELIMITERS:
        widths = {len(csv_fields(line, delimiter)) for line in lines}
        if len(widths) == 1 and widths.pop() > 1:
            return delimiter
    counts = {delimiter: sum(delimiter in line for line in lines) for delimiter in DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if lines and counts[best] > 0.9 * len(lines) else None


def is_header(values: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a line of CSV names columns: distinct names of letters that are no values of the lines below."""
    named = len(set(values)) == len(values) and all(NAME.match(value) for value in values)
    below = {value for other in others if list(other) != list(values) for value in other}
    return named and not below.intersection(values)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _csv_shape(lines: Sequence[str], named: Sequence[str]) -> Shape:
    delimiter = delimiter_of(lines)
    if not delimiter:
        return Shape("", "", (), False, ())
    first, *others = (csv_fields(line, delimiter) for line in lines)
    header = is_header(first, others)
    numbered = tuple(f"column_{n}" for n in range(1, len(first) + 1))
    columns = first if header else tuple(named) if len(named) == len(first) else numbered
    rows = others if header else [first, *others]
    records = tuple(dict(zip(columns, row, strict=True)) for row in rows if len(row) == len(columns))
    return Shape("csv", delimiter, columns, header, records)


def _texts(record: dict[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in record.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str) if isinstance(value, dict | list | bool | int | float) else str(value)


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(PARQUET))

"""The first bytes of raw files: which columns they have, before anything is read in earnest."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.files import Files

# Names of columns, and what else must be the same for files to be read together: the header line, or the types.
Kind = tuple[tuple[str, ...], str]
LINES, BYTES = 200, 1 << 20


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
    header = next(iter(first_lines(path, 1)), "")
    return (csv_fields(header, source.delimiter), header) if header else None


def json_keys(paths: Sequence[Path]) -> tuple[Path, list[str]] | None:
    """The first JSON lines file with an object in its first lines, and the keys there; None when there is none."""
    for path in paths:
        keys: dict[str, None] = {}
        for line in first_lines(path, LINES):
            with suppress(ValueError, RecursionError):
                record = json.loads(line)
                keys |= dict.fromkeys(record if isinstance(record, dict) else ())
        if keys:
            return path, list(keys)
    return None


def first_lines(path: Path, number: int) -> list[str]:
    """The first lines of a text file, gzip and zstd unpacked, without their ends; those that could be read."""
    lines: list[str] = []
    with suppress(OSError, EOFError, zlib.error), _opened(path) as file:
        for line in islice(iter(lambda: file.readline(BYTES), b""), number):
            lines.append(line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n"))
    return lines


def csv_fields(line: str, delimiter: str) -> tuple[str, ...]:
    """The values of a line of CSV, trimmed."""
    values = line.split(delimiter) if len(delimiter) > 1 else next(csv.reader([line], delimiter=delimiter), [])
    return tuple(value.strip() for value in values)


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix == ".zst":
        return io.BufferedReader(pa.CompressedInputStream(str(path), "zstd"))
    return path.open("rb")

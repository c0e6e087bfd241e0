"""How every example lands raw logs: one folder per table and business day, there whole or not at all.

    <raw>/<table>/ds=YYYY-MM-DD/part-00000.json.gz   JSON lines or another form; a large day has further parts
    <raw>/<table>/ds=YYYY-MM-DD/_SUCCESS             empty, written last

The bytes depend on the content alone: the gzip header carries no time and no name.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SUCCESS = "_SUCCESS"
# Level 1 packs JSON lines about twelvefold; the next levels take twice the time for a few percent.
GZIP_LEVEL = 1
USAGE_STATUS = 2


class LandingError(Exception):
    """The request can't be met: a bad date, a missing file. The message says which, and what to do."""


def day_folder(root: Path, table: str, day: dt.date) -> Path:
    return root / table / f"ds={day.isoformat()}"


def land_day(
    root: Path,
    table: str,
    day: dt.date,
    content: pd.DataFrame | Iterable[bytes],
    *,
    suffix: str = ".json.gz",
    overwrite: bool = False,
) -> bool:
    """Write one day of one table and tell whether it was written; a day that has landed is left alone.

    content: a frame (one JSON object per row), or the parts as bytes: whole lines, or whatever `suffix` says that they
    are; they are packed as its end says. An iterator isn't touched when the day is left alone. No parts, or a frame
    without rows, make one empty file.
    """
    folder = day_folder(root, table, day)
    if (folder / SUCCESS).exists() and not overwrite:
        return False
    # Spark and the reader of days ignore names that begin with a dot.
    aside, old = (folder.with_name(f".{folder.name}.{name}") for name in ("aside", "old"))
    for left_over in (aside, old):
        shutil.rmtree(left_over, ignore_errors=True)
    aside.mkdir(parents=True)
    parts = [json_lines(content)] if isinstance(content, pd.DataFrame) else content
    number = 0
    for part in parts:
        (aside / f"part-{number:05d}{suffix}").write_bytes(packed(part, suffix))
        number += 1
    if number == 0:
        (aside / f"part-{number:05d}{suffix}").write_bytes(packed(b"", suffix))
    (aside / SUCCESS).touch()
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return True


def packed(content: bytes, suffix: str) -> bytes:
    """What a file with this suffix holds: gzip, zstd, or the content as it is."""
    if suffix.endswith(".gz"):
        buffer = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=buffer, mtime=0) as file:
            file.write(content)
        return buffer.getvalue()
    if suffix.endswith(".zst"):
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as file:
            file.write(content)
        return sink.getvalue().to_pybytes()
    return content


def json_lines(frame: pd.DataFrame) -> bytes:
    """One JSON object per row, keys in column order; a missing value (None, NaN, NA) is null.

    Columns hold whole numbers, floats, booleans or strings. Some ten times faster than `DataFrame.to_json`.
    """
    if frame.empty:
        return b""
    pieces: list[pa.Array | str] = []
    opening = "{"
    for name in frame.columns:
        pieces += [f"{opening}{json.dumps(str(name))}:", _tokens(frame[name])]
        opening = ","
    return text_of(pc.binary_join_element_wise(*pieces, "}\n", ""))


def _tokens(column: pd.Series) -> pa.Array:
    """The JSON token of each value."""
    values = pa.array(column, from_pandas=True)
    if pa.types.is_null(values.type):
        values = values.cast(pa.string())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        coded = values.dictionary_encode()
        texts = pa.array([json.dumps(text) for text in coded.dictionary.to_pylist()], pa.string())
        return texts.take(coded.indices).fill_null("null")
    if pa.types.is_floating(values.type) and pc.any(pc.is_inf(values)).as_py():
        raise LandingError(f"column {column.name} holds an infinite value, which JSON can't say")
    return values.cast(pa.string()).fill_null("null")


def text_of(lines: pa.StringArray) -> bytes:
    """The strings of an array one after the other: arrow keeps them so, hence no loop. No element may be null."""
    _, offsets, data = lines.buffers()
    bounds = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return b"" if data is None else data.slice(int(bounds[0]), int(bounds[-1] - bounds[0])).to_pybytes()


def days_between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Every day from `first` to `last`, both included."""
    if last < first:
        raise LandingError(f"the last day {last} is before the first day {first}")
    return (first + dt.timedelta(days=n) for n in range((last - first).days + 1))


def check_span(first: dt.date, last: dt.date, source_first: dt.date, source_last: dt.date, source: str) -> None:
    """Raises LandingError for a day outside the source: an empty folder would say that nothing happened."""
    if last < first:
        raise LandingError(f"the last day {last} is before the first day {first}")
    if first < source_first or last > source_last:
        raise LandingError(f"{source} has the days {source_first} to {source_last}; asked for were {first} to {last}")


def parse_day(text: str) -> dt.date:
    """For argparse: a day as YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-01-31") from error


def exit_status(run: Callable[[], None]) -> int:
    """Run a lander's command: 0 when it landed, 2 with one line on stderr when the request can't be met."""
    try:
        run()
    except LandingError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_STATUS
    return 0

"""Text files to Spark frames, read by Python workers: one task reads several small files or one large one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from features.json_fields import JsonFields
from features.lines import Lines, packing_of, read_lines
from features.reasons import NOT_UTF8

# Day of the delivery -> its files; None where the same files serve every day.
Deliveries = Mapping[str | None, Sequence[Path]]
TASK_BYTES = 1 << 23  # of small files that one task reads, as they lie; large ones are a task each
OWN = pa.schema(
    [("ds", pa.date32()), ("source", pa.int32()), ("position", pa.int64()), ("record", pa.int64())]
    + [(name, pa.string()) for name in ("corrupt", "line")]
)
LINES = "ds date, source int, position bigint, record bigint, corrupt string, line string"


class Source(NamedTuple):
    """A file and its number, which tells the files of a run apart and puts them in order."""

    number: int
    day: str | None
    path: str


@dataclass(frozen=True)
class Reading:
    """How files are read. max_bytes: of a line. with_line: whether records bear their text.

    tally: a folder that takes a file for each source with the number of records that were found in it. most: about so
    many lines of a file are read, its first; None: all.
    """

    max_bytes: int = 1 << 20
    with_line: bool = True
    tally: Path | None = None
    most: int | None = None


def sources_of(files: Deliveries) -> list[Source]:
    """Numbered by day and path."""
    paths = [(day, str(path)) for day, paths in files.items() for path in paths]
    return [Source(number, day, path) for number, (day, path) in enumerate(paths)]


def text_lines(
    spark: SparkSession, sources: Sequence[Source], reading: Reading, titles: Iterable[str] = ()
) -> DataFrame:
    """Grain: line, save for those that are one of `titles`. Columns: as `LINES` says.

    ds: day of the delivery, null when a file serves every day. position: number of the line, from 0. record: hash of
    the line. corrupt: null for a line that can be parsed, else why not. line: the text, an excerpt of a corrupt one.
    """
    skipped = frozenset(title.encode() for title in titles)
    return _frame(spark, sources, partial(_line_batches, reading=reading, titles=skipped), LINES)


def json_records(spark: SparkSession, sources: Sequence[Source], fields: Sequence[str], reading: Reading) -> DataFrame:
    """Grain: line. The columns of `text_lines`, and raw: a struct of the fields as strings."""
    names = [f"f{number}" for number in range(len(fields))]
    schema = ", ".join([LINES, *(f"{name} string" for name in names)])
    frame = _frame(spark, sources, partial(_json_batches, reading=reading, fields=tuple(fields)), schema)
    raw = F.struct(*(F.col(name).alias(field) for name, field in zip(names, fields, strict=True)))
    return frame.withColumn("raw", raw).drop(*names)


def _frame(
    spark: SparkSession, sources: Sequence[Source], read: partial[Iterator[pa.RecordBatch]], schema: str
) -> DataFrame:
    tasks = _tasks(sources)
    return spark.range(0, len(tasks), 1, max(1, len(tasks))).mapInArrow(partial(_run, tasks=tasks, read=read), schema)


def _tasks(sources: Sequence[Source]) -> list[list[Source]]:
    """Neighbours together, up to `TASK_BYTES`."""
    tasks: list[list[Source]] = []
    room = 0
    for source in sources:
        size = Path(source.path).stat().st_size
        if size > room or not tasks:
            tasks.append([])
            room = TASK_BYTES
        tasks[-1].append(source)
        room -= size
    return tasks


def _run(
    batches: Iterator[pa.RecordBatch], *, tasks: list[list[Source]], read: partial[Iterator[pa.RecordBatch]]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for number in batch.column(0).to_pylist():
            for source in tasks[number]:
                yield from read(source)


def _line_batches(source: Source, *, reading: Reading, titles: frozenset[bytes]) -> Iterator[pa.RecordBatch]:
    for lines in _counted(source, reading, titles):
        faults = dict(lines.faults)
        texts = _strings(lines.texts, faults)
        yield pa.RecordBatch.from_arrays(_own(source, lines, faults, texts), schema=OWN)


def _json_batches(source: Source, *, reading: Reading, fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
    parser = JsonFields(fields)
    schema = pa.schema([*OWN, *((f"f{number}", pa.string()) for number in range(len(fields)))])
    for lines in _counted(source, reading, frozenset()):
        columns, faults = parser.read(lines.texts, lines.faults)
        texts = _strings(lines.texts, dict(faults)) if reading.with_line else pa.nulls(len(lines.texts), pa.string())
        yield pa.RecordBatch.from_arrays([*_own(source, lines, faults, texts), *columns], schema=schema)


def _counted(source: Source, reading: Reading, titles: frozenset[bytes]) -> Iterator[Lines]:
    """The lines of a file without titles; their number goes to the tally."""
    records = 0
    with Path(source.path).open("rb") as file:
        for lines in read_lines(file, packing_of(source.path), max_bytes=reading.max_bytes):
            found = lines.without(titles) if titles else lines
            records += len(found.texts)
            if found.texts:
                yield found
            if reading.most is not None and records >= reading.most:
                return
    if reading.tally:
        aside = reading.tally / f".{source.number}"
        aside.write_text(json.dumps(records), encoding="utf-8")
        aside.replace(reading.tally / str(source.number))


def _own(source: Source, lines: Lines, faults: Mapping[int, str], texts: pa.Array) -> list[pa.Array]:
    count = len(lines.texts)
    day = dt.date.fromisoformat(source.day) if source.day else None
    records = np.empty(count, object)
    records[:] = lines.texts
    return [
        pa.repeat(pa.scalar(day, pa.date32()), count),
        pa.repeat(pa.scalar(source.number, pa.int32()), count),
        pa.array(lines.numbers),
        pa.array(pd.util.hash_array(records, categorize=False).view(np.int64)),
        pa.array([faults.get(place) for place in range(count)], pa.string())
        if faults
        else pa.nulls(count, pa.string()),
        texts,
    ]


def _strings(texts: Sequence[bytes], faults: dict[int, str]) -> pa.Array:
    """As strings; a line that isn't UTF-8 becomes a fault, and where it isn't stands U+FFFD."""
    try:
        return pa.array(texts, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        decoded = [text.decode("utf-8", "replace") for text in texts]
        for place, (text, string) in enumerate(zip(texts, decoded, strict=True)):
            if place not in faults and string.encode() != text:
                faults[place] = NOT_UTF8
        return pa.array(decoded, pa.string())

"""Typed records of a run, aside and in order: by day of delivery, number of the file, number of the record in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.spark import rows_a_batch

STAGED = pa.schema(
    [
        ("ds", pa.date32()),
        ("source", pa.int32()),
        ("position", pa.int64()),
        ("event_day", pa.date32()),
        ("user_id", pa.string()),
        ("item_id", pa.string()),
        ("event_time", pa.timestamp("us", "UTC")),
        ("event_types", pa.int64()),
        ("value", pa.float64()),
        ("dwell_seconds", pa.float64()),
        ("scene", pa.string()),
        ("variant", pa.string()),
        ("context", pa.string()),
        ("event_key", pa.int64()),
        ("reason", pa.string()),
    ]
)
PIECE = pa.schema([("ds", pa.date32()), ("source", pa.int32()), ("first", pa.int64()), ("records", pa.int64())])
BATCH = 1 << 13  # records that Spark hands to a Python worker at once
HELD = 1 << 18  # records that a worker holds before it writes them
TASKS_A_CORE = 4  # so that one with larger days holds nobody up for long
FEW = 200_000  # records whose tasks are done before Spark has started one
Item = TypeVar("Item")
Result = TypeVar("Result")


class Piece(NamedTuple):
    """Neighbouring records of one file and one day of delivery. first: position of the first; offset: in the day."""

    day: str
    source: int
    first: int
    records: int
    offset: int

    @property
    def path(self) -> str:
        return f"{self.day}/{self.source:07d}-{self.first:015d}.arrow"


@dataclass(frozen=True)
class Stage:
    """root: a folder that every worker can write to."""

    root: Path

    @property
    def tally(self) -> Path:
        return self.root / "tally"

    def verdicts(self, day: str) -> Path:
        return self.root / "verdicts" / f"{day}.npy"

    def rejects(self, day: str, source: int) -> Path:
        return self.root / "rejects" / f"{day}-{source:07d}.arrow"

    def prepare(self) -> Stage:
        for name in ("records", "tally", "verdicts", "rejects"):
            (self.root / name).mkdir(parents=True)
        return self

    def fill(self, typed: DataFrame, days: Collection[str]) -> tuple[dict[str, list[Piece]], dict[int, int]]:
        """Land the records of `days`. Returns the days' pieces in order, and by source the records of other days."""
        land = partial(_land, folder=self.root / "records", days=frozenset(map(dt.date.fromisoformat, days)))
        landed = typed.select(*STAGED.names).mapInArrow(land, "ds date, source int, first bigint, records bigint")
        with rows_a_batch(typed.sparkSession, BATCH):
            found = landed.collect()
        elsewhere: dict[int, int] = {}
        pieces: dict[str, list[Piece]] = {day: [] for day in days}
        for row in sorted(found, key=lambda row: (str(row.ds), row.source, row.first)):
            day = str(row.ds)
            if day not in pieces:
                elsewhere[row.source] = elsewhere.get(row.source, 0) + row.records
                continue
            offset = pieces[day][-1].offset + pieces[day][-1].records if pieces[day] else 0
            pieces[day].append(Piece(day, row.source, row.first, row.records, offset))
        return pieces, elsewhere

    def read(self, pieces: Sequence[Piece], columns: Sequence[str]) -> pa.Table:
        """The records of pieces, one after the other."""
        places = [STAGED.get_field_index(name) for name in sorted(columns, key=STAGED.get_field_index)]
        options = pa.ipc.IpcReadOptions(included_fields=places, use_threads=False)
        tables = []
        for piece in pieces:
            with pa.memory_map(str(self.root / "records" / piece.path)) as file:
                tables.append(pa.ipc.open_file(file, options=options).read_all())
        schema = pa.schema([STAGED.field(place) for place in places])
        return pa.concat_tables(tables or [schema.empty_table()]).select(list(columns))


def each(spark: SparkSession, task: Callable[[Item], Result], items: Sequence[Item], *, records: int) -> list[Result]:
    """The results of a task for each item, in order. records: how many all of them are about."""
    if records <= FEW or len(items) < 2:
        return [task(item) for item in items]
    # A task of Spark costs some 60 ms in Python: a year of small days is hundreds of items.
    tasks = min(len(items), TASKS_A_CORE * spark.sparkContext.defaultParallelism)
    return list(spark.sparkContext.parallelize(items, tasks).map(task).collect())


def _land(batches: Iterator[pa.RecordBatch], *, folder: Path, days: frozenset[dt.date]) -> Iterator[pa.RecordBatch]:
    """In a worker: write a task's records by day and source; those of other days are only counted."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= HELD:
            yield from _written(held, folder, days)
            held = []
    if held:
        yield from _written(held, folder, days)


def _written(batches: Sequence[pa.RecordBatch], folder: Path, days: frozenset[dt.date]) -> Iterator[pa.RecordBatch]:
    table = pa.Table.from_batches(batches).cast(STAGED)
    # Stable: records of one file come in their order, and stay in it.
    numbers, sources = np.asarray(table["ds"].cast(pa.int32())), np.asarray(table["source"])
    order = np.lexsort((sources, numbers))
    if (np.diff(order) != 1).any():
        table, numbers, sources = table.take(order), numbers[order], sources[order]
    edges = np.flatnonzero((np.diff(numbers) != 0) | (np.diff(sources) != 0)) + 1
    for start, stop in pairwise([0, *edges.tolist(), len(table)]):
        part = table.slice(start, stop - start)
        ds, source, first = (part[name][0].as_py() for name in ("ds", "source", "position"))
        if ds in days:
            _write(part, folder / Piece(ds.isoformat(), source, first, len(part), 0).path)
        yield pa.RecordBatch.from_pylist(
            [{"ds": ds, "source": source, "first": first, "records": len(part)}], schema=PIECE
        )


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    aside = path.with_name(f".{path.name}")
    with pa.ipc.new_file(str(aside), STAGED, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    aside.replace(path)

"""Rows that come sorted by day, written to a file for each day by whoever holds them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np
import pyarrow as pa

from jobs.runtime.parquet import ROWS_A_GROUP, parquet_writer

MET = "ds string"


@dataclass(frozen=True)
class DayFiles:
    """Writes `<folder>/<day>/part-00000.parquet` for each of the days, whose folders stand. schema: of the files.

    In a worker of Spark, on a partition that holds all rows of its days, sorted. The same rows give the same bytes, in
    whatever batches they come, and with whatever other days. A task that is tried again leaves one file all the same.
    """

    folder: Path
    schema: pa.Schema
    days: Collection[str]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Grain: day that was met. Column: `MET`. Of other days than its own nothing is written."""
        runs = (run for batch in batches for run in _runs(batch))
        for day, rows in groupby(runs, itemgetter(0)):
            if day in self.days:
                self._write(day, (part for _, part in rows))
            yield pa.RecordBatch.from_pydict({"ds": pa.array([day], pa.string())})

    def _write(self, day: str, parts: Iterable[pa.RecordBatch]) -> None:
        aside = self.folder / f".{uuid.uuid4().hex}"  # outside of the day: a killed task leaves nothing in it
        with parquet_writer(aside, self.schema) as writer:
            for group in _groups(parts):
                writer.write_table(group.select(self.schema.names).cast(self.schema))
        aside.replace(self.folder / day / "part-00000.parquet")


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """(day, neighbouring rows of that day)."""
    if not len(batch):
        return
    days = batch["ds"].dictionary_encode()
    edges = np.flatnonzero(np.diff(days.indices.to_numpy())) + 1
    for start, stop in pairwise([0, *edges.tolist(), len(batch)]):
        yield days[start].as_py(), batch.slice(start, stop - start)


def _groups(parts: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows in tables of `ROWS_A_GROUP`, the last of fewer; in one piece each, as pages end with pieces."""
    held: list[pa.RecordBatch] = []
    for part in parts:
        held.append(part)
        while sum(map(len, held)) >= ROWS_A_GROUP:
            table = pa.Table.from_batches(held)
            yield table.slice(0, ROWS_A_GROUP).combine_chunks()
            held = table.slice(ROWS_A_GROUP).to_batches()
    if any(map(len, held)):
        yield pa.Table.from_batches(held).combine_chunks()

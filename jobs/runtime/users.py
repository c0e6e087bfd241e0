"""Tables of many users in parts: whole users at a time, in the order of their ids.

A window that one process can hold is read and written in it, by threads, without Spark. A larger one is cut by user id,
and each part is a task of Spark's workers, which read and write the store's files themselves. How parts and pieces are
cut follows from the rows alone, so the files are the same on any machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from features.arrays import Codes
from jobs.runtime.parquet import parquet_writer

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS_A_PART = 4_000_000  # of the input; some hundred bytes each while a part is worked on
ROWS_A_PIECE = 1_000_000  # of a part that a thread works on
ROWS_A_USER_GROUP = 1 << 12  # workers that look a user up read the group
USER = "user_id"
DICTIONARIES = (USER, "item_id", "event_day", "event_type")


@dataclass(frozen=True)
class Span:
    """Users from `first` to below `end`; None: from the first on, to the last."""

    first: str | None = None
    end: str | None = None

    @property
    def condition(self) -> ds.Expression | None:
        user, condition = ds.field(USER), None
        if self.first is not None:
            condition = user >= self.first
        if self.end is not None:
            condition = user < self.end if condition is None else condition & (user < self.end)
        return condition


class Source(NamedTuple):
    """Columns of the files of one table, `user_id` among them."""

    paths: tuple[str, ...]
    columns: tuple[str, ...]

    def rows(self, span: Span) -> pa.Table:
        """The rows of some users; what repeats much is read as dictionaries."""
        strings = [column for column in self.columns if column in DICTIONARIES]
        return _dataset(self.paths, strings).to_table(columns=list(self.columns), filter=span.condition)


@dataclass(frozen=True)
class Part:
    """Makes the rows of one span from those of each source, which `build` takes by name; a file for each piece of it.
    schema: that of the table that the rows belong to; None: as `build` makes them.
    """

    sources: Mapping[str, Source]
    build: Callable[..., pa.Table]
    schema: pa.Schema | None
    folder: Path

    def __call__(self, task: tuple[int, Span], threads: int = 1) -> None:
        number, span = task
        pieces = Pieces({name: source.rows(span) for name, source in self.sources.items()}, ROWS_A_PIECE)

        def write(piece: int) -> None:
            built = self.build(**pieces.rows(piece))
            if self.schema is not None:
                built = built.select(self.schema.names).cast(self.schema)
            path = self.folder / f"part-{number:05d}-{piece:02d}.parquet"
            with parquet_writer(path, built.schema) as writer:
                writer.write_table(built, ROWS_A_USER_GROUP)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(write, range(pieces.count)))


class Pieces:
    """Tables with `user_id` cut into pieces of about `rows` rows of all of them together: whole users each, in the
    order of their ids, so that several threads can work on them.
    """

    def __init__(self, tables: Mapping[str, pa.Table], rows: int) -> None:
        self.count = max(1, -(-sum(map(len, tables.values())) // rows))
        self._tables = tables
        self._piece: dict[str, np.ndarray] = {}  # of each row of a table
        if self.count > 1:
            coded = {name: Codes(table[USER]) for name, table in tables.items()}
            names = pa.concat_arrays([codes.names for codes in coded.values()]).unique()
            names = names.take(pc.array_sort_indices(names))
            ranks = {
                name: pc.index_in(codes.names, value_set=names).to_numpy().take(codes.ranks)
                for name, codes in coded.items()
            }
            before = np.cumsum(sum(np.bincount(of, minlength=len(names)) for of in ranks.values()))
            self._piece = {name: ((before - 1) * self.count // before[-1]).take(of) for name, of in ranks.items()}

    def rows(self, piece: int) -> dict[str, pa.Table]:
        if self.count == 1:
            return dict(self._tables)
        return {name: _cut(table, self._piece[name], piece) for name, table in self._tables.items()}


def _cut(table: pa.Table, pieces: np.ndarray, piece: int) -> pa.Table:
    if (pieces[1:] < pieces[:-1]).any():
        return table.filter(pa.array(pieces == piece))
    start, end = np.searchsorted(pieces, (piece, piece + 1))
    return table.slice(start, end - start)


@dataclass(frozen=True)
class Parts:
    """The parts in a folder, in their order; read one at a time, and anew each time."""

    folder: Path

    def __iter__(self) -> Iterator[pa.Table]:
        for path in sorted(self.folder.glob("part-*.parquet")):
            yield pq.read_table(path)


def spans(paths: Sequence[str], rows: int) -> list[Span]:
    """All users cut into spans of about `rows` rows of the files."""
    if sum(pq.read_metadata(path).num_rows for path in paths) <= rows:
        return [Span()]
    ids = _dataset(paths, (USER,)).to_table(columns=[USER])[USER].unify_dictionaries()
    counts = ids.value_counts()
    users = pa.table({USER: counts.field("values").cast(pa.string()), "rows": counts.field("counts")}).sort_by(USER)
    before = np.cumsum(users["rows"].to_numpy()) - users["rows"].to_numpy()
    cuts = np.flatnonzero(np.diff(before // rows, prepend=0))
    edges = [None, *users[USER].take(pa.array(cuts)).to_pylist(), None]
    return [Span(first, end) for first, end in pairwise(edges)]


def build_parts(part: Part, spark: Callable[[], SparkSession], rows: int = ROWS_A_PART) -> None:
    """Write `part-00000-00.parquet` and so on, which in the order of their names hold the users in theirs.

    spark: starts or gives the session, asked for only if there are several parts.
    """
    tasks = list(enumerate(spans([path for source in part.sources.values() for path in source.paths], rows)))
    if len(tasks) == 1:
        part(tasks[0], os.cpu_count() or 1)
    else:
        spark().sparkContext.parallelize(tasks, len(tasks)).foreach(part)


def _dataset(paths: Sequence[str], strings: Sequence[str]) -> ds.Dataset:
    options = ds.ParquetReadOptions(dictionary_columns=list(strings))
    return ds.dataset(list(paths), format=ds.ParquetFileFormat(read_options=options))

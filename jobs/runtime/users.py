"""Tables of many users in parts: whole users at a time, in the order of their ids.

A window that one process can hold is read and written in it, without Spark. A larger one is cut by user id, and each
part is a task of Spark's workers, which read and write the store's files themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS_A_PART = 4_000_000  # of the input; some hundred bytes each while a part is worked on
ROWS_A_GROUP = 1 << 15
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
    """Makes the rows of one span from those of each source, which `build` takes by name. schema: that of the table that
    they belong to; None: as `build` makes them.
    """

    sources: Mapping[str, Source]
    build: Callable[..., pa.Table]
    schema: pa.Schema | None
    folder: Path

    def __call__(self, task: tuple[int, Span]) -> None:
        number, span = task
        built = self.build(**{name: source.rows(span) for name, source in self.sources.items()})
        path = self.folder / f"part-{number:05d}.parquet"
        if self.schema is not None:
            built = built.select(self.schema.names).cast(self.schema)
        pq.write_table(built, path, compression="zstd", row_group_size=ROWS_A_GROUP)


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
    """Write `part-00000.parquet` and so on. spark: starts or gives the session, asked for only if there are several."""
    tasks = list(enumerate(spans([path for source in part.sources.values() for path in source.paths], rows)))
    if len(tasks) == 1:
        part(tasks[0])
    else:
        spark().sparkContext.parallelize(tasks, len(tasks)).foreach(part)


def _dataset(paths: Sequence[str], strings: Sequence[str]) -> ds.Dataset:
    options = ds.ParquetReadOptions(dictionary_columns=list(strings))
    return ds.dataset(list(paths), format=ds.ParquetFileFormat(read_options=options))

"""Tables with one row a user of the directory, looked up by user code where the rows are wanted.

Rows of lists, thousands of numbers a user, take Spark's joins many times as long as whatever is made of them. So what
travels through Spark are codes, and the workers read the rest from the store's files themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CODE = "user_code"


class Group(NamedTuple):
    """A row group of a file. first: the code of its first user."""

    first: int
    path: str
    number: int


@dataclass(frozen=True)
class CodedTable:
    """paths: its files, whose rows ascend by `user_code` from file to file. columns: wanted name -> name in the files.

    A group of rows is held until another is wanted, so codes should be asked for in their order.
    """

    paths: Sequence[str]
    columns: Mapping[str, str]
    _files: dict[str, pq.ParquetFile] = field(default_factory=dict, init=False, repr=False)
    _held: dict[Group, pa.Table] = field(default_factory=dict, init=False, repr=False)

    def of(self, codes: np.ndarray) -> pa.RecordBatch:
        """The rows of these users, in this order: ascending, none twice. Raises ValueError for a code without a row."""
        firsts = [group.first for group in self._groups]
        places = np.searchsorted(firsts, codes, side="right") - 1
        if len(codes) == 0 or places[0] < 0:
            raise ValueError(f"no row of user code {codes[0]}." if len(codes) else "no user code was given.")
        found = [self._rows(self._groups[place], codes[places == place]) for place in np.unique(places)]
        (batch,) = pa.concat_tables(found).combine_chunks().to_batches()
        return batch

    @cached_property
    def _groups(self) -> list[Group]:
        groups = []
        for path in self.paths:
            metadata = self._file(path).metadata
            place = metadata.schema.names.index(CODE)
            for number in range(metadata.num_row_groups):
                rows = metadata.row_group(number)
                if rows.num_rows:
                    groups.append(Group(rows.column(place).statistics.min, path, number))
        return groups

    def _file(self, path: str) -> pq.ParquetFile:
        if path not in self._files:
            self._files[path] = pq.ParquetFile(path)
        return self._files[path]

    def _rows(self, group: Group, codes: np.ndarray) -> pa.Table:
        if group not in self._held:
            self._held.clear()
            names = list(dict.fromkeys((CODE, *self.columns.values())))
            self._held[group] = self._file(group.path).read_row_group(group.number, names, use_threads=False)
        rows = self._held[group]
        own = rows[CODE].to_numpy()
        places = np.minimum(np.searchsorted(own, codes), len(own) - 1)
        if (missing := codes[own[places] != codes]).size:
            raise ValueError(f"no row of user code {missing[0]}.")
        rows = rows.select(list(self.columns.values())).rename_columns(list(self.columns))
        if places[-1] - places[0] + 1 == len(places):
            return rows.slice(places[0], len(places))
        return rows.take(pa.array(places))

    def __reduce__(self) -> tuple[type[CodedTable], tuple[Sequence[str], Mapping[str, str]]]:
        return CodedTable, (self.paths, self.columns)  # open files stay where they are


def beside(batches: Iterable[pa.RecordBatch], tables: Sequence[CodedTable]) -> Iterator[pa.RecordBatch]:
    """Each batch with the columns of the tables for its users, which ascend from row to row; empty ones are left out.

    Raises ValueError for a user without a row.
    """
    for batch in batches:
        if batch.num_rows:
            rows = {name: batch[name] for name in batch.schema.names}
            for table in tables:
                found = table.of(batch[CODE].to_numpy())
                rows |= {name: found[name] for name in found.schema.names}
            yield pa.RecordBatch.from_pydict(rows)

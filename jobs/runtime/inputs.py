"""What a job may read: the declared days of its declared tables, in the forms that jobs work on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.contract import Table
from jobs.errors import RunError
from jobs.job import Job, Read
from jobs.runtime.config import Config
from jobs.runtime.raw import RawZone
from jobs.runtime.store import Store
from jobs.runtime.user_rows import CodedTable
from jobs.runtime.users import Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Inputs:
    """Those of one job on one day, or on several for a job that spans days."""

    def __init__(
        self,
        job: Job,
        days: Sequence[str],
        config: Config,
        store: Store,
        contracts: dict[str, Table],
        session: Callable[[], SparkSession],
    ) -> None:
        self.job, self.days, self.config, self.store = job, list(days), config, store
        self.raw = RawZone(config.raw_root, config.data)
        self._contracts, self._session = contracts, session

    @property
    def ds(self) -> str:
        """The job's only day."""
        (day,) = self.days
        return day

    @cached_property
    def spark(self) -> SparkSession:
        """The run's session, started when a job first asks for it."""
        return self._session()

    def inputs(self, table: str) -> list[str]:
        """The days of a declared table that this run reads; an optional table's absent days are left out."""
        read = self._declared(table)
        days = input_days(read, self.days, self.config)
        return [day for day in days if self.store.digest(table, day, read.on)] if read.optional else days

    def read(self, table: str) -> DataFrame:
        """The declared days of a table as a Spark frame. Raises MissingPartition."""
        from jobs.runtime.spark import read_folders

        return read_folders(self.spark, self._contracts[table], self._folders(table))

    def read_by_day(self, table: str) -> DataFrame:
        """The same for what is grouped by day: of several days each lies in one task, so it is shuffled but once."""
        rows = self.read(table)
        return rows.repartition("ds") if len(self.days) > 1 else rows

    def read_arrow(self, table: str, columns: Sequence[str]) -> pa.Table:
        """The declared days of a table in this process, for what models learn from. Raises MissingPartition."""
        return pa.concat_tables([pq.read_table(path, columns=list(columns)) for path in self._paths(table)])

    def iter_arrow(self, table: str, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The same in batches of so many rows, for what must not be held at once. Raises MissingPartition."""
        for path in self._paths(table):
            yield from pq.ParquetFile(path).iter_batches(rows, columns=list(columns))

    def coded(self, table: str, columns: Mapping[str, str]) -> CodedTable:
        """The declared day of a table of the directory's users, for workers to look up. columns: wanted name -> name in
        the table. Raises MissingPartition.
        """
        return CodedTable(self._paths(table), columns)

    def contract(self, table: str) -> Table:
        return self._contracts[table]

    def digest(self, table: str) -> str:
        """The digest of a declared input's one day. Raises MissingPartition."""
        return self.folder(table).name

    def folder(self, table: str) -> Path:
        """The live folder of a declared input that is no table, such as a model."""
        (folder,) = self._folders(table)
        return folder

    def day_folder(self, table: str, day: str) -> Path:
        """The live folder of one of the days of a declared input. Raises MissingPartition."""
        self._declared(table)
        (folder,) = self.store.folders(table, [day])
        return folder

    def snapshot_day(self, table: str) -> str | None:
        """The day of the raw snapshot that a declared input's one day was loaded from; None: it bears no day."""
        (day,) = self._present(table)
        inputs = (self.store.manifest(table, day) or {}).get("inputs", {})
        return next((name.rpartition("/")[2] for name in inputs if name.startswith(f"raw/{table}/")), None)

    def _paths(self, table: str) -> tuple[str, ...]:
        return tuple(str(path) for folder in self._folders(table) for path in sorted(folder.glob("*.parquet")))

    def _sources(self, columns: Mapping[str, Sequence[str]]) -> dict[str, Source]:
        return {table: Source(self._paths(table), tuple(names)) for table, names in columns.items()}

    def _folders(self, table: str) -> list[Path]:
        return self.store.folders(table, self._present(table), self._declared(table).on)

    def _present(self, table: str) -> list[str]:
        days = self.inputs(table)
        if not days:
            raise RunError(
                f"job {self.job.name} for {self.days[0]} needs {table} of an earlier day, and the data set "
                f"{self.config.data.name} begins on {self.config.first_day}: pick a later day; the first that "
                f"can be is told by `make check DATA={self.config.data.name} DATE={self.days[0]}`."
            )
        return days

    def _declared(self, table: str) -> Read:
        for read in self.job.reads:
            if read.table == table:
                return read
        raise RunError(f"job {self.job.name} doesn't declare that it reads {table}: see jobs/graph.py.")


def input_days(read: Read, days: Sequence[str], config: Config) -> list[str]:
    """The days of one read over all of a run's days, ascending."""
    found = {day for ds in days for day in read.days(dt.date.fromisoformat(ds), config.windows, config.first_day)}
    return [day.isoformat() for day in sorted(found)]

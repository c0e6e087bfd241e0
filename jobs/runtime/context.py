"""What a job sees of the world: its day, its declared tables, its settings. Nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.contract import Table
from jobs.errors import RunError
from jobs.job import Job
from jobs.runtime.ahead import each_ahead
from jobs.runtime.checks import arrow_schema, check_partition
from jobs.runtime.config import Config
from jobs.runtime.inputs import Inputs
from jobs.runtime.parquet import parquet_writer
from jobs.runtime.store import Store
from jobs.runtime.users import Part, Parts, build_parts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Context(Inputs):
    """One job on one day, or on several for a job that spans days. Outputs become visible together, when it ends."""

    def __init__(
        self,
        job: Job,
        days: Sequence[str],
        config: Config,
        store: Store,
        contracts: dict[str, Table],
        session: Callable[[], SparkSession],
        say: Callable[[str], None],
        options: dict[str, Any],
    ) -> None:
        super().__init__(job, days, config, store, contracts, session)
        self.say, self.options = say, options
        self._staged: dict[str, Path] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._scratch: Path | None = None

    def made_before(self, table: str) -> pa.Table | None:
        """What this job's last run wrote for its day, if it read the same of that day as stands now."""
        on = [read.table for read in self.job.reads if read.same_night]
        if table not in self.job.writes or self.store.digest(table, self.ds, on) is None:
            return None
        (folder,) = self.store.folders(table, [self.ds])
        return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob("*.parquet"))])

    def write(self, table: str, frame: DataFrame) -> None:
        """Stage a Spark frame as the table's partitions of this run's days. Raises ContractBroken."""
        from jobs.runtime.spark import write_day, write_days

        contract, staged = self._contracts[table], self._stage(table)
        if self.job.spans:
            write_days(frame, contract, self.days, staged)
        else:
            write_day(frame, contract, self.ds, staged, files=self.config.spark.files)
        self._check(table)

    def write_arrow(self, table: str, batches: Iterable[pa.Table]) -> None:
        """Stage Arrow tables, in this order, as one file of each day's partition. Raises ContractBroken."""
        schema = arrow_schema(self._contracts[table])
        staged = self._stage(table)
        paths = {day: staged / day / "part-00000.parquet" for day in self.days}
        with ExitStack() as stack:
            writers = {}
            for day, path in paths.items():
                path.parent.mkdir()
                writers[day] = stack.enter_context(parquet_writer(path, schema))
            for batch in batches:
                rows = batch.select(schema.names).cast(schema)
                for day, writer in writers.items():
                    writer.write_table(rows.filter(pc.field("ds") == day) if len(writers) > 1 else rows)
        self._check(table)

    def write_users(self, table: str, sources: Mapping[str, Sequence[str]], build: Callable[..., pa.Table]) -> None:
        """Stage what `build` makes of the declared days of some tables, whole users at a time and in the order of their
        ids. sources: table, which `build` takes by its name -> columns. Raises MissingPartition, ContractBroken.
        """
        with self.writing(table) as staged:
            (staged / self.ds).mkdir()
            schema = arrow_schema(self._contracts[table])
            build_parts(Part(self._sources(sources), build, schema, staged / self.ds), self._session)

    def user_parts(self, sources: Mapping[str, Sequence[str]], build: Callable[..., pa.Table]) -> Parts:
        """The same, for more to be made of it in this run, instead of a table. Raises MissingPartition."""
        build_parts(Part(self._sources(sources), build, None, self.scratch()), self._session)
        return Parts(self.scratch())

    def write_folder(self, table: str, save: Callable[[Path], None]) -> None:
        """Stage a folder that `save` fills, such as a model's files."""
        folder = self._stage(table) / self.ds
        folder.mkdir()
        save(folder)

    def commit(
        self,
        fingerprints: Mapping[str, str],
        inputs: Mapping[str, Any] | None = None,
        own: Mapping[str, str] | None = None,
    ) -> None:
        """Make everything staged live. Per day: a fingerprint of what the outputs were built from; that by name; a
        fingerprint of that without the table's earlier days.
        """
        missing = [table for table in self.job.writes if table not in self._staged]
        if missing:
            raise RunError(f"job {self.job.name} ended without writing {', '.join(missing)}.")
        for table, staged in self._staged.items():
            for day in self.days:
                facts = {
                    "job": self.job.name,
                    "built_from": fingerprints[day],
                    "inputs": dict((inputs or {}).get(day, {})),
                    "own": (own or {}).get(day),
                    "rows": self._rows.get((table, day)),
                }
                self.store.commit(table, day, staged / day, facts)
        self.discard()

    def discard(self) -> None:
        for staged in self._staged.values():
            shutil.rmtree(staged, ignore_errors=True)
        self._staged.clear()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def scratch(self) -> Path:
        """A folder for what only this run needs, where every worker can write; gone when the run ends."""
        if self._scratch is None:
            self._scratch = self.store.stage(self.job.name)
        return self._scratch

    @contextmanager
    def writing(self, table: str) -> Iterator[Path]:
        """The folder aside where a job itself writes `<day>/part-00000.parquet` and so on. Raises ContractBroken."""
        yield self._stage(table)
        self._check(table)

    def _stage(self, table: str) -> Path:
        if table not in self.job.writes:
            raise RunError(f"job {self.job.name} doesn't declare that it writes {table}: see jobs/graph.py.")
        self._staged[table] = self.store.stage(table)
        return self._staged[table]

    def _check(self, table: str) -> None:
        contract, staged = self._contracts[table], self._staged[table]
        checked = each_ahead(lambda day: check_partition(contract, day, staged / day), self.days)
        for day, (rows, warnings) in zip(self.days, checked, strict=True):
            self._rows[(table, day)] = rows
            for warning in warnings:
                self.say(f"warning: table {table}, day {day}: {warning}.")

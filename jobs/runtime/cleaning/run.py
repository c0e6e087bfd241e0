"""The four passes over a run's records, one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.runtime.checks import arrow_schema
from jobs.runtime.cleaning import account
from jobs.runtime.cleaning.deliver import Deliver, Part, Refused, parts
from jobs.runtime.cleaning.judge import Count, Day, Earlier, Judge
from jobs.runtime.cleaning.stage import Piece, Stage, each
from jobs.runtime.context import Context
from jobs.runtime.parquet import parquet_writer
from jobs.runtime.text import sources_of


class Cleaning:
    """Cleans the days of a run. files: the raw files by day of delivery."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._data = ctx, ctx.config.data
        self.files = ctx.raw.events(ctx.days)
        self._sources = sources_of(self.files)
        self._names = {one.number: Path(one.path).relative_to(ctx.raw.root).as_posix() for one in self._sources}
        self.stage = Stage(ctx.scratch()).prepare()

    def clean(self, typed: DataFrame, events: Path, rejects: Path, intake: Path) -> None:
        """typed: as `features.clean.typed` gives it. events, rejects, intake: where the days' partitions are written.

        Raises RunError when a record is neither kept nor rejected.
        """
        ctx, log = self._ctx, self._data.events
        for folder in (events, rejects, intake):
            for day in ctx.days:
                (folder / day).mkdir()
        pieces, elsewhere = self.stage.fill(typed, ctx.days)
        total = sum(piece.records for found in pieces.values() for piece in found)
        judge = Judge(self.stage, ctx.config.clean, self._data.time_zone)
        counts = dict(zip(ctx.days, each(ctx.spark, judge, self._days(pieces), records=total), strict=True))
        schema = arrow_schema(ctx.contract("events"))
        deliver = Deliver(
            self.stage, tuple(log.conditions), schema, events, log.format, ctx.config.clean.max_line_bytes
        )
        tasks: list[Part | Refused] = [*(part for found in pieces.values() for part in parts(found))]
        tasks += self._refused(pieces, counts)
        done = [written for results in each(ctx.spark, deliver, tasks, records=total) for written in results]
        read = account.records_read(self.stage, self._sources, log.format)
        account.check_accounts(read, counts, elsewhere, done, self._names)
        for day in ctx.days:
            self._write("rejects", rejects, day, self._rejects(day, counts[day]))
            self._write("intake", intake, day, [account.intake(day, counts[day], self._sources, self._names)])
        ctx.say(f"{ctx.job.name}: {account.story(counts)}")
        for sentence in account.damages(counts, self._names):
            ctx.say(f"warning: {sentence}.")

    def _days(self, pieces: Mapping[str, Sequence[Piece]]) -> list[Day]:
        ctx = self._ctx
        standing = set(ctx.inputs("events")) - set(ctx.days)
        days = []
        for day in ctx.days:
            before = [_shift(day, age) for age in range(1, ctx.config.windows.overlap_days)]
            earlier = [
                Earlier(
                    other,
                    pieces.get(other, ()),
                    tuple(ctx.day_folder(table, other) for table in ("events", "rejects")) if other in standing else (),
                )
                for other in before
                if other in pieces or other in standing
            ]
            days.append(Day(day, pieces[day], earlier))
        return days

    def _refused(self, pieces: Mapping[str, Sequence[Piece]], counts: Mapping[str, Sequence[Count]]) -> list[Refused]:
        """The files with rejected records, and their pieces on days on which they have some."""
        wanted = {(day, count.source) for day, found in counts.items() for count in found if count.verdict}
        touched: dict[int, list[Piece]] = {}
        for piece in (piece for found in pieces.values() for piece in found):
            if (piece.day, piece.source) in wanted:
                touched.setdefault(piece.source, []).append(piece)
        paths = {one.number: one.path for one in self._sources}
        return [Refused(source, paths[source], tuple(found)) for source, found in touched.items()]

    def _rejects(self, day: str, counts: Sequence[Count]) -> Iterable[pa.Table]:
        for source in sorted({count.source for count in counts if count.verdict}):
            with pa.memory_map(str(self.stage.rejects(day, source))) as file:
                rows = pa.ipc.open_file(file).read_all()
            same = {"ds": day, "file": self._names[source]}
            for name, value in same.items():
                rows = rows.append_column(name, pa.repeat(pa.scalar(value), len(rows)))
            yield rows

    def _write(self, table: str, folder: Path, day: str, tables: Iterable[pa.Table]) -> None:
        schema = arrow_schema(self._ctx.contract(table))
        with parquet_writer(folder / day / "part-00000.parquet", schema) as writer:
            for rows in tables:
                writer.write_table(rows.select(schema.names).cast(schema))


def _shift(day: str, age: int) -> str:
    return (dt.date.fromisoformat(day) - dt.timedelta(age)).isoformat()

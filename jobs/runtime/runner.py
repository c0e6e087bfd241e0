"""Plans and runs jobs: one job of one day, or whole days with the earlier days that they need."""

from __future__ import annotations

import datetime as dt
import importlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.errors import RunError, UnexpectedError
from jobs.graph import Graph
from jobs.job import Job
from jobs.runtime.config import Config
from jobs.runtime.context import Context
from jobs.runtime.fingerprints import Fingerprints
from jobs.runtime.inputs import input_days
from jobs.runtime.raw import RawZone
from jobs.runtime.store import Store
from jobs.tables import tables
from jobs.tables.lists import kept_features

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def graph_of(config: Config) -> Graph:
    recall, judged = config.recall, bool(config.experiments.layers)
    return Graph(recall.channels, config.products.enabled, judged, config.clicked)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Step:
    """One job on the days that it builds in one go."""

    job: Job
    days: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.job.name} {self.days[0]}" + (f" .. {self.days[-1]}" if len(self.days) > 1 else "")


@dataclass
class Runner:
    """Runs jobs of one data set against one store, sharing one Spark session.

    say: takes lines for the person who watches. options: requests that reach the jobs, such as `make_live`.
    """

    config: Config
    say: Callable[[str], None] = print
    options: dict[str, Any] = field(default_factory=dict)
    _spark: SparkSession | None = None

    def __post_init__(self) -> None:
        self.graph = graph_of(self.config)
        published, judged = self.config.products.enabled, bool(self.config.experiments.layers)
        clicks = self.config.clicked
        self.contracts = tables(self.config.recall.channels, self.config.facts, published, judged, clicks)  # type: ignore[attr-defined]
        self.store = Store(self.config.store_root, {name: table.shape for name, table in self.contracts.items()})
        self.base = Runner(self.config.base) if self.config.base else None
        self.raw = RawZone(self.config.raw_root, self.config.data)
        self.prints = Fingerprints(self.config, self.store, self.raw)
        kept_features(self.contracts["samples"], self.config.get("rank.drop"))  # a wrong name is told before the night

    def plan(
        self, days: Sequence[dt.date], *, rebuild: bool = False, history_only: bool = False, only: Job | None = None
    ) -> list[Step]:
        """The steps that bring all jobs of `days` up to date, in order; earlier days only as far as they are needed.

        rebuild: run the jobs of `days` themselves even if their inputs are unchanged. history_only: leave `days` out.
        only: a job that isn't part of the night; what it needs on `days` is brought up to date, and nothing else.
        A variant takes over whatever the base has built from the same settings and inputs.
        """
        wanted = {day.isoformat() for day in days}
        needed = {(job.name, day) for job in self.graph.jobs for day in wanted if self.is_due(job, day)}
        if only:
            needed = {need for day in wanted for need in self._needs(only, day)}
        frontier = sorted(needed)
        while frontier:
            name, day = frontier.pop()
            for producer, earlier in self._needs(self.graph.job(name), day):
                if (producer, earlier) not in needed:
                    needed.add((producer, earlier))
                    frontier.append((producer, earlier))
        stale: set[tuple[str, str]] = set()
        changed: set[tuple[str, str]] = set()
        steps: list[Step] = []
        for job, day in self._ordered(needed):
            forced = day in wanted and (rebuild or job.publishes)
            needs = self._needs(job, day, optional=True)
            # Of its own earlier days a job needs what they were built from, whatever that was built after.
            follows = any(need in (changed if job.spans and need[0] == job.name else stale) for need in needs)
            if not forced and not follows and (self.prints.is_current(job, day) or self._adopt(job, day)):
                continue
            stale.add((job.name, day))
            stood = self.prints.stood(job, day) if job.spans else None
            if stood is None or stood != self.prints.own(job, day):
                changed.add((job.name, day))
            if history_only and day in wanted:
                continue
            if steps and job.spans and steps[-1].job is job:
                steps[-1] = Step(job, (*steps[-1].days, day))
            else:
                steps.append(Step(job, (day,)))
        return steps

    def run(self, step: Step) -> float:
        """Run one step and commit its outputs; returns its seconds. Raises RunError naming job, day and reason."""
        started = time.perf_counter()
        context = Context(
            step.job, step.days, self.config, self.store, self.contracts, self.session, self.say, self.options
        )
        try:
            # An input that was built anew may have come out as the base's, and so may this.
            if all(self._adopt(step.job, day) for day in step.days):
                return time.perf_counter() - started
            inputs = {day: self.prints.inputs(step.job, day, step.days) for day in step.days}
            fingerprints = {day: self.prints.digest_of(step.job, inputs[day]) for day in step.days}
            own = {day: self.prints.own(step.job, day) for day in step.days if step.job.spans}
            if not (step.job.timeless and self._reuse(context, fingerprints)):
                importlib.import_module(step.job.module).run(context)
            context.commit(fingerprints, inputs, own)
        except RunError as error:
            raise RunError(f"job {step.label} failed: {error}") from error
        except Exception as error:
            reason = (str(error).strip().splitlines() or ["no message"])[0]
            raise UnexpectedError(f"job {step.label} failed: {type(error).__name__}: {reason}") from error
        finally:
            context.discard()
        return time.perf_counter() - started

    def _reuse(self, context: Context, fingerprints: dict[str, str]) -> bool:
        """Stage the newest earlier output of a timeless job, if it was built from the same inputs as this one."""
        ((day, fingerprint),) = fingerprints.items()
        for table in context.job.writes:
            earlier = [other for other in self.store.days(table) if other < day]
            manifest = self.store.manifest(table, earlier[-1]) if earlier else None
            if manifest is None or manifest["built_from"] != fingerprint:
                return False
            (folder,) = self.store.folders(table, earlier[-1:])
            context.write_folder(table, partial(_copy, folder))
            self.say(f"{context.job.name} {day}: the samples are those of {earlier[-1]}, so is the model")
        return True

    def is_due(self, job: Job, day: str) -> bool:
        return job.is_due(dt.date.fromisoformat(day), self.config.windows, self.config.first_day)

    def session(self) -> SparkSession:
        if self._spark is None:
            from jobs.runtime.spark import start_session

            self._spark = start_session(self.config)
        return self._spark

    def close(self) -> None:
        if self._spark is not None:
            self._spark.stop()
            self._spark = None

    def _ordered(self, needed: set[tuple[str, str]]) -> Iterator[tuple[Job, str]]:
        """Jobs that span days come first, over all their days; the others day by day. Reads never look ahead."""
        days = sorted({day for _, day in needed})
        spanning = [job for job in self.graph.jobs if job.spans]
        for job in spanning:
            yield from ((job, day) for day in days if (job.name, day) in needed)
        for day in days:
            yield from ((job, day) for job in self.graph.jobs if not job.spans and (job.name, day) in needed)

    def _needs(self, job: Job, day: str, *, optional: bool = False) -> list[tuple[str, str]]:
        """(job, day) of what a job's inputs come from; with `optional` also of those that it can do without."""
        return [
            (self.graph.producers[read.table].name, input_day)
            for read in job.reads
            if optional or not read.optional
            for input_day in input_days(read, [day], self.config)
        ]

    def _adopt(self, job: Job, day: str) -> bool:
        """For a variant: take the base's outputs of a day over, if they are what this run would build.

        That is so where nothing differs on the way to them, and where the inputs came out the same all the same. A
        publication is an act, and never taken over.
        """
        if self.base is None or job.publishes:
            return False
        same = job.name in self._shared and self.base.prints.is_current(job, day)
        if not same and not self.prints.is_current(job, day, self.base.store):
            return False
        for table in job.writes:
            if self.store.manifest(table, day) != self.base.store.manifest(table, day):
                self.store.adopt(self.base.store, table, day)
        return True

    @cached_property
    def _shared(self) -> set[str]:
        """Jobs of a variant that are the base's: the same settings, and inputs that only such jobs write."""
        shared: set[str] = set()
        if self.base is None:
            return shared
        for job in self.graph.jobs:
            sources = {self.graph.producers[read.table].name for read in job.reads} - {job.name}
            configs = (self.config, self.base.config)
            if job in self.base.graph.jobs and sources <= shared:
                shared |= {job.name} if len({config.fingerprint(job.settings) for config in configs}) == 1 else set()
        return shared


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)

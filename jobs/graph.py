"""The night on one screen: which job reads which days of which table, and what it writes.

Plain data without Spark, pandas or numpy: the runner, the DAG and the docs all derive their order from here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from features.settings import Settings
from jobs.errors import UsageError
from models.recall import CHANNELS


class Windows(Settings):
    """Numbers of days that the graph's reads refer to."""

    history_days: int = Field(ge=1)
    label_days: int = Field(ge=1)
    label_windows: int = Field(ge=2)
    replay_lag: int = Field(1, ge=1, le=1)


@dataclass(frozen=True)
class Read:
    """Days of a table that a job reads, relative to its own day `ds`; the names are fields of `Windows`.

    Without names: `ds` itself. `span`: the last n days up to ds. `lag`: the day ds - n. `step` and `times`: the last
    `times` days up to ds that are a multiple of `step` days after the first day, the first day itself left out: the
    same days for several ds, so label windows never overlap and are built once. `optional`: may be absent.
    """

    table: str
    span: str | None = None
    lag: str | None = None
    step: str | None = None
    times: str | None = None
    optional: bool = False

    def days(self, ds: dt.date, windows: Windows, first_day: dt.date) -> list[dt.date]:
        """Ascending; none before `first_day`, where the source begins."""
        if self.span:
            ages = range(getattr(windows, self.span))
            return [day for age in reversed(ages) if (day := ds - dt.timedelta(age)) >= first_day]
        if self.lag:
            day = ds - dt.timedelta(getattr(windows, self.lag))
            return [day] if day >= first_day else []
        if self.step and self.times:
            step = getattr(windows, self.step)
            newest = (ds - first_day).days // step
            oldest = max(1, newest - getattr(windows, self.times) + 1)
            return [first_day + dt.timedelta(n * step) for n in range(oldest, newest + 1)]
        return [ds]


@dataclass(frozen=True)
class Job:
    """One job: `reads` at their days, `writes` one partition of each table at ds.

    raw: snapshots and logs read from the landing zone. settings: sections of the configuration that shape the result.
    spans: several days may be built in one go. publishes: acts outside the store, so it is never skipped.
    timeless: the output doesn't name its day, so an earlier one from the same inputs is the same and serves again.
    every: runs only on days that are a multiple of so many days after the first day; a field of `Windows`.
    channel: the recall channel that this job serves, if it serves one.
    """

    name: str
    reads: tuple[Read, ...]
    writes: tuple[str, ...]
    raw: tuple[str, ...] = ()
    settings: tuple[str, ...] = ("data",)
    spans: bool = False
    publishes: bool = False
    timeless: bool = False
    every: str | None = None
    channel: str | None = None

    def is_due(self, ds: dt.date, windows: Windows, first_day: dt.date) -> bool:
        age = (ds - first_day).days
        return not self.every or (age > 0 and age % getattr(windows, self.every) == 0)

    @property
    def module(self) -> str:
        return "jobs.recall_items" if self.channel else f"jobs.{self.name}"


def recall_table(channel: str) -> str:
    return f"recall_{channel}"


FEATURES = (Read("user_features"), Read("item_features"), Read("behaviour_features"))
FEATURES_AS_OF = tuple(Read(read.table, lag="label_days") for read in FEATURES)


def night(channels: Sequence[str]) -> tuple[Job, ...]:
    """The jobs of a night in an order in which they can run, for the recall channels in use."""
    recalled = [recall_table(channel) for channel in channels]
    history = Read("user_item_history")
    return (
        Job("clean_events", (), ("events", "rejects"), raw=("events",), spans=True),
        Job("aggregate_day", (Read("events"),), ("user_item_daily",), spans=True),
        Job("load_items", (), ("items",), raw=("items",)),
        Job("load_users", (), ("users",), raw=("users",)),
        Job(
            "summarise_history",
            (Read("user_item_daily", span="history_days"),),
            ("user_item_history",),
            settings=("data", "windows.history_days"),
        ),
        Job("build_item_features", (history, Read("items")), ("item_features",)),
        Job("build_user_features", (history, Read("users")), ("user_features",)),
        Job(
            "build_behaviour_features",
            (history, Read("user_features"), Read("item_features")),
            ("behaviour_features",),
        ),
        Job(
            "build_interactions",
            (Read("user_item_daily", span="history_days"), Read("user_features"), Read("item_features")),
            ("interactions",),
        ),
        *(
            Job(
                f"recall_{channel}",
                (Read("interactions"), Read("user_features"), Read("item_features")),
                (recall_table(channel),),
                settings=("data.repeats", f"recall.{channel}", "recall.k", "recall.seed"),
                channel=channel,
            )
            for channel in channels
        ),
        Job(
            "merge_candidates",
            (*(Read(table) for table in recalled), Read("item_features")),
            ("candidates",),
            settings=("recall.channels",),
        ),
        Job(
            "build_samples",
            (Read("candidates", lag="label_days"), *FEATURES_AS_OF, Read("user_item_daily", span="label_days")),
            ("samples",),
            settings=("data", "windows.label_days", "samples"),
            every="label_days",
        ),
        Job(
            "train_ranker",
            (Read("samples", step="label_days", times="label_windows"),),
            ("ranker",),
            settings=("data.events", "rank"),
            timeless=True,
        ),
        Job("rank_candidates", (Read("candidates"), *FEATURES, Read("ranker")), ("rankings",)),
        Job(
            "rank_popular",
            (Read("interactions"), Read("user_features"), Read("item_features")),
            ("popular_items",),
            settings=("recall.popular", "topn"),
        ),
        Job(
            "build_topn",
            (Read("rankings"), Read("behaviour_features"), Read("user_features"), Read("item_features")),
            ("topn",),
            settings=("data", "topn"),
        ),
        Job(
            "publish_lists",
            (Read("topn"), Read("popular_items")),
            ("publications",),
            settings=("data.scene", "publish"),
            publishes=True,
        ),
        Job(
            "replay_lists",
            (
                Read("user_item_daily"),
                *(Read(table, lag="replay_lag", optional=True) for table in ("topn", *recalled)),
                *(Read(table, lag="replay_lag", optional=True) for table in ("user_features", "item_features")),
                Read("behaviour_features", lag="replay_lag", optional=True),
            ),
            ("replay_metrics",),
            settings=("data", "replay"),
        ),
    )


class Graph:
    """The jobs of a night with look-ups by name and by table."""

    def __init__(self, channels: Sequence[str] = tuple(CHANNELS)) -> None:
        self.jobs = night(channels)

    @cached_property
    def producers(self) -> dict[str, Job]:
        return {table: job for job in self.jobs for table in job.writes}

    def job(self, name: str) -> Job:
        for job in self.jobs:
            if job.name == name:
                return job
        raise UsageError(f"unknown job {name!r}: the night has {', '.join(job.name for job in self.jobs)}.")

    @cached_property
    def edges(self) -> frozenset[tuple[str, str]]:
        """(upstream, downstream) job names, of reads that touch the same night."""
        return frozenset(
            (self.producers[read.table].name, job.name) for job in self.jobs for read in job.reads if read.lag is None
        )

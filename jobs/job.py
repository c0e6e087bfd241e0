"""What a job declares: which days of which tables it reads, what it writes, and what shapes the result."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pydantic import Field

from features.settings import Settings


class Windows(Settings):
    """Numbers of days that the graph's reads refer to."""

    history_days: int = Field(ge=1)
    profile_days: int = Field(28, ge=1, le=63)
    shown_days: int = Field(7, ge=1, le=63)
    fresh_days: int = Field(7, ge=1, le=63)
    label_days: int = Field(ge=1)
    label_windows: int = Field(ge=2)
    proof_windows: int = Field(4, ge=1)
    health_days: int = Field(ge=2)
    lateness_days: int = Field(ge=0)
    day_before: int = Field(1, ge=1, le=1)
    newest: int = Field(1, ge=1, le=1)
    experiment_days: int = Field(28, ge=1)

    @property
    def overlap_days(self) -> int:
        """The day of a delivery and those before it that may have delivered the same event, just after midnight too."""
        return self.lateness_days + 2

    @property
    def earlier_proofs(self) -> int:
        """The label windows that a proof is made of together, without its own."""
        return self.proof_windows - 1

    @property
    def report_windows(self) -> int:
        """The label windows that a model is learned from, and one to judge it on."""
        return self.label_windows + 1


@dataclass(frozen=True)
class Read:
    """Days of a table that a job reads, relative to its own day `ds`; the names are fields of `Windows`.

    Without names: `ds` itself. `span`: the last n days up to ds. `past`: the same without ds. `lag`: the day ds - n,
    or with others of these what they mean on that day.
    `step` and `times`: the last `times` days up to ds that are a multiple of `step` days after the first day, the first
    day itself left out: the same days for several ds, so label windows never overlap and are built once. `optional`:
    may be absent. `on`: tables of the same day that it refers to, such as the directories of its codes; a partition
    that was built from others than those that stand counts as absent.
    """

    table: str
    span: str | None = None
    past: str | None = None
    lag: str | None = None
    step: str | None = None
    times: str | None = None
    optional: bool = False
    on: tuple[str, ...] = ()

    @property
    def same_night(self) -> bool:
        """Whether ds is among its days."""
        return self.lag is None and self.past is None

    def days(self, ds: dt.date, windows: Windows, first_day: dt.date) -> list[dt.date]:
        """Ascending; none before `first_day`, where the source begins."""
        if self.lag:
            ds -= dt.timedelta(getattr(windows, self.lag))
            if ds < first_day:
                return []
        if self.span:
            ages = range(getattr(windows, self.span))
            return [day for age in reversed(ages) if (day := ds - dt.timedelta(age)) >= first_day]
        if self.past:
            ages = range(1, getattr(windows, self.past))
            return [day for age in reversed(ages) if (day := ds - dt.timedelta(age)) >= first_day]
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
    channel: the recall channel that this job serves, if it serves one. behind: jobs of the same night that must have
    succeeded before, though nothing of theirs is read; earlier days that a night merely needs do without them.
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
    behind: tuple[str, ...] = ()

    def is_due(self, ds: dt.date, windows: Windows, first_day: dt.date) -> bool:
        age = (ds - first_day).days
        return not self.every or (age > 0 and age % getattr(windows, self.every) == 0)

    def carries(self, read: Read) -> bool:
        """Whether a read is of the job's own earlier days, which may be built in the same go."""
        return self.spans and read.table in self.writes

    @property
    def module(self) -> str:
        return "jobs.recall_items" if self.channel else f"jobs.{self.name}"

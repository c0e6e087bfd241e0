"""Which nights the days that are there allow, and what is missing for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.dataset import TableName
from jobs.dryrun.landed import Landed
from jobs.dryrun.problem import Problem, listed
from jobs.job import Read
from jobs.runtime.config import Config
from models.rank import load_ranker

SAMPLES = Read("samples", step="label_days", times="label_windows")


@dataclass(frozen=True)
class Span:
    """night: the data day. as_of: the earliest day as of which the night needs features; first: of whose log."""

    night: dt.date
    as_of: dt.date
    first: dt.date


def first_night(config: Config) -> dt.date:
    """The first data day with as many label windows as the ranker needs."""
    folds = max(1, load_ranker(config.get("rank.ranker")).min_folds)
    return config.first_day + dt.timedelta(folds * config.windows.label_days)


def span_of(config: Config, night: dt.date) -> Span:
    """What a night reads, back to the history of the oldest label window."""
    windows = SAMPLES.days(night, config.windows, config.first_day) or [night]
    as_of = max(config.first_day, windows[0] - dt.timedelta(config.windows.label_days))
    return Span(night, as_of, max(config.first_day, as_of - dt.timedelta(config.windows.history_days - 1)))


def night_problems(
    config: Config, landed: Mapping[TableName, Landed], night: dt.date, seen_first: dt.date | None
) -> list[Problem]:
    """Whether the night of a data day finds what it reads. seen_first: the day of the first event that was seen."""
    log, earliest = landed["events"], first_night(config)
    problems = [*_first_day_problems(config, log, seen_first)]
    if night < earliest:
        what = (
            f"{night} is too early for a night: the ranker learns from label windows of {config.windows.label_days} "
            f"days, so the first night is {earliest}"
        )
        fix = f"pick {earliest} or later" if str(earliest) in log.complete else "let more days come in"
        return [*problems, Problem(what, fix, True)]
    span = span_of(config, night)
    complete, days = {*log.complete}, (night - span.first).days + 1
    missing = [day for n in range(days) if (day := str(span.first + dt.timedelta(n))) not in complete]
    if log.source.by_day and missing and len(missing) < days:
        what = f"the night of {night} reads the log from {span.first} on, and lacks {listed(missing, 3)}"
        fix = "have them delivered; a day on which nothing happened needs its empty file too"
        problems.append(Problem(what, fix, True))
    tables: tuple[TableName, ...] = ("items", "users")
    for table in tables:
        if table in landed and landed[table].complete and landed[table].complete[0] > str(span.as_of):
            first = landed[table].complete[0]
            what = f"the first snapshot of {table} is of {first}, and the night of {night} needs one of {span.as_of}"
            fix = f"land one of {span.as_of} or earlier; where none was kept, a copy of the first one does"
            problems.append(Problem(what, fix, True))
    return problems


def _first_day_problems(config: Config, log: Landed, seen_first: dt.date | None) -> list[Problem]:
    stated = config.first_day
    if not log.source.by_day:
        if seen_first and seen_first != stated:
            order = "before" if seen_first < stated else "after"
            what = f"the first event that was seen is of {seen_first}, {order} first_day = {stated}"
            return [Problem(what, f"write first_day = {seen_first} under [data], unless you mean to cut the log there")]
        return []
    if not log.complete:
        return []
    first = dt.date.fromisoformat(log.complete[0])
    if first > stated:
        what = f"the log begins on {first}, and first_day says {stated}"
        return [Problem(what, f"write first_day = {first} under [data]", True)]
    if first < stated:
        days = sum(day < str(stated) for day in log.days)
        return [
            Problem(
                f"{days} days of the log lie before first_day = {stated}",
                f"they aren't used; to use them, write first_day = {first} under [data]",
            )
        ]
    return []

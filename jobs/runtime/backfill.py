"""Whole days in one process and one Spark session, with progress for the person who watches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from jobs.errors import UsageError
from jobs.runtime.config import Config
from jobs.runtime.runner import Runner, Step


def run_one(config: Config, name: str, day: dt.date, *, options: Mapping[str, Any]) -> None:
    """Run one job on one day, whatever stands there. Raises UsageError for an unknown job, RunError on failure."""
    _check_range(config, day, day)
    runner = Runner(config, options=dict(options))
    job = runner.graph.job(name)
    if not runner.is_due(job, day.isoformat()):
        days = getattr(config.windows, str(job.every))
        print(f"{name} {day}: not due, it runs every {days} days from {config.first_day}")
        return
    try:
        seconds = runner.run(Step(job, (day.isoformat(),)))
    finally:
        runner.close()
    print(f"{name} {day}: done in {seconds:.1f} s")


def backfill(
    config: Config,
    first: dt.date,
    last: dt.date,
    *,
    rebuild: bool = False,
    history_only: bool = False,
    options: Mapping[str, Any],
    console: Console | None = None,
) -> None:
    """Bring every job of first..last up to date, and earlier days as far as those need them.

    Raises UsageError for a wrong range, RunError that names the job, the day and the reason; what was built stays.
    """
    _check_range(config, first, last)
    days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
    console = console or Console(highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        runner = Runner(config, say=progress.console.print, options=dict(options))
        runner.store.clear_staging()
        steps = runner.plan(days, rebuild=rebuild, history_only=history_only)
        if not steps:
            progress.console.print("everything is up to date")
        bar = progress.add_task("", total=len(steps))
        try:
            for step in steps:
                progress.update(bar, description=step.label)
                seconds = runner.run(step)
                progress.advance(bar)
                progress.console.print(f"{step.label:52} {seconds:6.1f} s")
        finally:
            runner.close()


def measure(config: Config, name: str, day: dt.date, console: Console) -> None:
    """Run a job that isn't part of the night, after what it needs was brought up to date; nothing if it is current.

    Raises UsageError for an unknown job or a day before the source begins, RunError on failure.
    """
    _check_range(config, day, day)
    runner = Runner(config, say=console.print)
    job = runner.graph.job(name)
    try:
        for step in runner.plan([day], only=job):
            console.print(f"{step.label:52} {runner.run(step):6.1f} s")
        if not runner.prints.is_current(job, day.isoformat()):
            step = Step(job, (day.isoformat(),))
            console.print(f"{step.label:52} {runner.run(step):6.1f} s")
    finally:
        runner.close()


def _check_range(config: Config, first: dt.date, last: dt.date) -> None:
    if last < first:
        raise UsageError(f"the range ends on {last}, before it begins on {first}.")
    if first < config.first_day:
        raise UsageError(
            f"{first} lies before {config.first_day}, the first day of data set {config.data.name}: pick a later one."
        )

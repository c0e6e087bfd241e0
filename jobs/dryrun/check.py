"""`python -m jobs check`: what a night would understand of the raw files, told from some of them in seconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console

from jobs.dataset import TableName
from jobs.dryrun import show
from jobs.dryrun.columns import format_problems, name_problems, time_problems
from jobs.dryrun.events import EventSample
from jobs.dryrun.landed import Landed, file_problems, look
from jobs.dryrun.nights import first_night, night_problems
from jobs.dryrun.problem import Problem
from jobs.dryrun.tables import Snapshot
from jobs.errors import RunError
from jobs.runtime.config import Config
from jobs.runtime.raw import RawZone

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES: tuple[TableName, ...] = ("events", "items", "users")


def check(config: Config, day: dt.date | None, console: Console, session: Callable[[], SparkSession]) -> bool:
    """Print what was understood and what is wrong; whether a night could run. day: its data day, else the newest.

    session: gives the Spark session when it is needed.
    """
    data, zone = config.data, RawZone(config.raw_root, config.data)
    tables = [table for table in TABLES if getattr(data, table) is not None]
    landed = {table: look(zone, table, str(day) if day else None) for table in tables}
    show.show_files(console, config, landed)
    problems, sound = list[Problem](), list[TableName]()
    for table in tables:
        found = list(_file_problems(landed[table], config))
        problems += found
        if not any(problem.stops for problem in found):
            sound.append(table)
    seen = _read(config, landed, sound, console, problems, session()) if sound else None
    night = day or _newest(landed["events"], seen)
    if night and "events" in sound:
        first = seen.kept["event_time"].min().date() if seen is not None and len(seen.kept) else None
        problems += night_problems(config, landed, night, first)
    show.show_problems(console, problems)
    stops = any(problem.stops for problem in problems)
    if not stops and night:
        show.show_next(console, config, max(night, first_night(config)))
    return not stops


def _file_problems(landed: Landed, config: Config) -> Iterator[Problem]:
    yield from file_problems(landed, config.raw_root)
    if not landed.paths:
        return
    yield from (problems := format_problems(landed))
    if any(problem.stops for problem in problems):
        return
    try:
        yield from name_problems(landed, config.data)
        if landed.table == "events":
            yield from time_problems(landed, config.data)
    except ValueError as error:
        yield Problem(str(error), "mend the expression", True)


def _read(
    config: Config,
    landed: dict[TableName, Landed],
    sound: list[TableName],
    console: Console,
    problems: list[Problem],
    spark: SparkSession,
) -> EventSample | None:
    """Read what can be read, show it and add to the problems; the events, where they could be read."""
    from jobs.dryrun.sample import read_catalogue, read_events

    data, sample = config.data, None
    for table in sound:
        try:
            if table == "events":
                sample = EventSample(read_events(spark, config, landed[table]), data, landed[table])
                show.show_events(console, sample)
                problems += sample.problems()
                continue
            rows, whole = read_catalogue(spark, config, landed[table])
        except RunError as error:
            problems.append(Problem(str(error).rstrip("."), "mend the overlay", True))
            continue
        ids = sample.kept[f"{table[:-1]}_id"].str.strip() if sample else pd.Series([], dtype=object)
        snapshot = Snapshot(table, rows, ids, data, whole=whole)
        show.show_snapshot(console, snapshot, landed[table], data)
        problems += snapshot.problems()
    return sample


def _newest(log: Landed, sample: EventSample | None) -> dt.date | None:
    if log.complete:
        return dt.date.fromisoformat(log.complete[-1])
    if sample is not None and not log.source.by_day and len(sample.kept):
        return sample.kept["event_time"].max().date()
    return None

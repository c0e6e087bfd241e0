"""Waiting for a day's files, by a clock that the test turns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobs.errors import RunError
from jobs.runtime.config import Config
from jobs.runtime.waiting import deadline_of, wait_for_day
from tests.jobs.runtime.support import FIRST, config_at, day, land

DEADLINE = dt.datetime(2026, 1, 2, 6, tzinfo=dt.UTC)


class Clock:
    """Time passes only while someone sleeps; `at` says what happens after so many naps."""

    def __init__(self, begins: dt.datetime, at: dict[int, Callable[[], None]] | None = None) -> None:
        self.time, self.naps, self.at = begins, list[float](), at or {}
        self.said: list[str] = []

    def now(self) -> dt.datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.time += dt.timedelta(seconds=seconds)
        self.at.get(len(self.naps), lambda: None)()

    def wait(self, config: Config) -> None:
        wait_for_day(config, FIRST, now=self.now, sleep=self.sleep, say=self.said.append)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_at(tmp_path, health={"poll_seconds": 3600})


def test_a_complete_day_is_not_waited_for(config: Config) -> None:
    land(config.raw_root, [day(0)])
    clock = Clock(DEADLINE - dt.timedelta(hours=3))
    clock.wait(config)
    assert not clock.naps and clock.said == [f"the raw files of {FIRST} are complete"]


def test_the_wait_ends_when_the_day_is_complete(config: Config) -> None:
    clock = Clock(DEADLINE - dt.timedelta(hours=3), {2: lambda: land(config.raw_root, [day(0)])})
    clock.wait(config)
    assert clock.naps == [3600, 3600]
    assert len(clock.said) == 2 and clock.said[0].startswith("waiting until 2026-01-02 06:00 UTC: ")


def test_at_the_deadline_there_is_a_last_look(config: Config) -> None:
    clock = Clock(DEADLINE - dt.timedelta(hours=1.5), {2: lambda: land(config.raw_root, [day(0)])})
    clock.wait(config)
    assert clock.naps == [3600, 1800] and clock.time == DEADLINE


def test_after_the_deadline_it_names_what_is_missing_and_what_to_do(config: Config) -> None:
    clock = Clock(DEADLINE - dt.timedelta(hours=1.5))
    with pytest.raises(RunError, match=rf"raw files of {FIRST} are not complete.*06:00 UTC.*Have them delivered"):
        clock.wait(config)
    assert clock.time == DEADLINE


@pytest.mark.parametrize("landed", [True, False])
def test_a_past_day_is_looked_for_once(config: Config, landed: bool) -> None:
    clock = Clock(DEADLINE + dt.timedelta(days=400))
    if landed:
        land(config.raw_root, [day(0)])
        clock.wait(config)
    else:
        with pytest.raises(RunError, match=f"raw files of {FIRST} are not complete"):
            clock.wait(config)
    assert not clock.naps


def test_the_deadline_is_in_business_time_of_the_day_after(tmp_path: Path) -> None:
    config = config_at(tmp_path, data={"time_zone": "Asia/Shanghai"}, health={"deadline": "05:30"})
    assert deadline_of(config, FIRST) == dt.datetime(2026, 1, 2, 5, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert deadline_of(config, FIRST) == dt.datetime(2026, 1, 1, 21, 30, tzinfo=dt.UTC)

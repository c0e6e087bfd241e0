"""Names of files by day, forwards and back."""

from __future__ import annotations

import pytest

from jobs.pattern import DayPattern

DAY = "2026-01-31"


@pytest.mark.parametrize(
    ("text", "glob", "path"),
    [
        ("events/ds={day}/*", f"events/ds={DAY}/*", f"events/ds={DAY}/part-0.json"),
        ("{day:%Y/%m/%d}/log-*.gz", "2026/01/31/log-*.gz", "2026/01/31/log-a.gz"),
        ("log.{day:%d%m%Y}[ab]?.csv", "log.31012026[ab]?.csv", "log.31012026b1.csv"),
        ("**/{day}/x-{day}.json", f"**/{DAY}/x-{DAY}.json", f"a/b/{DAY}/x-{DAY}.json"),
        ("**/{day}/x-{day}.json", f"**/{DAY}/x-{DAY}.json", f"{DAY}/x-{DAY}.json"),
    ],
)
def test_a_day_goes_in_and_comes_out(text: str, glob: str, path: str) -> None:
    pattern = DayPattern(text)
    assert pattern.by_day and pattern.of(DAY) == glob
    assert pattern.day(path) == DAY


@pytest.mark.parametrize("path", ["events/ds=2026-02-30/a", "events/ds=2026-1-3/a", f"events/ds={DAY}/deep/a", "other"])
def test_what_bears_no_day_has_none(path: str) -> None:
    assert DayPattern("events/ds={day}/*").day(path) is None


def test_two_days_in_one_name_are_none() -> None:
    assert DayPattern("{day}/{day}").day(f"{DAY}/2026-01-30") is None


def test_the_same_files_may_serve_every_day() -> None:
    pattern = DayPattern("export/*.csv")
    assert not pattern.by_day and pattern.of(DAY) == pattern.any_day == "export/*.csv"


def test_all_days_are_a_glob_of_digits() -> None:
    assert DayPattern("a/{day:%Y%m%d}").any_day == "a/" + "[0-9]" * 8

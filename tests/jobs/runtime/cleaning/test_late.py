"""Events that come with a later day's files, or again: what is kept, where, and the same however days are cleaned."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.runner import Runner
from tests.raw import clean, cleaner, put_files, rows, shifted

FIRST = "2026-01-03"
DAYS = [shifted(FIRST, n) for n in range(4)]
TABLES = ("events", "rejects", "intake")


def line(number: int, day: int, clock: str = "10:00:00", user: str = "u1") -> str:
    fields = {
        "event_id": f"e{number}",
        "time": f"{shifted(FIRST, day)}T{clock}Z",
        "user_id": user,
        "item_id": f"i{number}",
        "event": "click",
    }
    return json.dumps(fields) + "\n"


MONDAY = "".join(line(number, 0) for number in range(5))
FILES = {
    DAYS[0]: {"a.json": MONDAY + line(50, 1, "00:30:00") + line(51, 1, "02:00:00")},
    DAYS[1]: {
        "a.json": line(10, 1) + line(11, 0) + line(11, 0),
        "b.json": MONDAY,  # delivered again
        "c.json": line(50, 1, "00:30:00"),  # what Monday's file had brought early
    },
    DAYS[2]: {"a.json": line(20, 2) + line(21, 0) + line(11, 0)},
    DAYS[3]: {"a.json": line(30, 3) + line(31, 0) + line(32, 1)},
}


def cleaned(spark: SparkSession, root: Path, *portions: list[str]) -> Runner:
    put_files(root / "raw", FILES)
    with cleaner(spark, root) as runner:
        for days in portions:
            clean(runner, *days)
        return runner


@pytest.fixture(scope="module")
def day_by_day(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return cleaned(spark, tmp_path_factory.mktemp("days"), *([day] for day in DAYS))


def kept(runner: Runner, day: str) -> dict[str, str]:
    """Item -> day of its event."""
    return {row["item_id"]: row["event_day"] for row in rows(runner, "events", day)}


def reasons(runner: Runner, day: str) -> Counter[str]:
    return Counter(row["reason"] for row in rows(runner, "rejects", day))


def test_late_events_lie_with_their_delivery_and_keep_their_day(day_by_day: Runner) -> None:
    assert kept(day_by_day, DAYS[1]) == {"i10": DAYS[1], "i11": DAYS[0]}
    assert kept(day_by_day, DAYS[2]) == {"i20": DAYS[2], "i21": DAYS[0]}


def test_what_is_later_than_the_lateness_is_counted_with_its_text(day_by_day: Runner) -> None:
    assert kept(day_by_day, DAYS[3]) == {"i30": DAYS[3], "i32": DAYS[1]}
    (late,) = rows(day_by_day, "rejects", DAYS[3])
    assert (late["reason"], json.loads(late["line"])["item_id"]) == ("too late", "i31")


def test_a_file_cut_after_midnight_brings_events_of_the_next_day(day_by_day: Runner) -> None:
    assert kept(day_by_day, DAYS[0]) == {**{f"i{n}": DAYS[0] for n in range(5)}, "i50": DAYS[1]}
    assert reasons(day_by_day, DAYS[0]) == {"in the future": 1}


def test_what_an_earlier_day_delivered_is_a_copy(day_by_day: Runner) -> None:
    """Monday's file again, the early event again, and a late event twice, a day later once more."""
    assert reasons(day_by_day, DAYS[1]) == {"duplicate": len(MONDAY.splitlines()) + 2}
    assert reasons(day_by_day, DAYS[2]) == {"duplicate": 1}


def test_late_records_are_counted_by_file(day_by_day: Runner) -> None:
    found = {(row["file"][-6:], row["verdict"]): row["late_records"] for row in rows(day_by_day, "intake", DAYS[1])}
    assert found[("a.json", "kept")] == 1 and found[("b.json", "duplicate")] == len(MONDAY.splitlines())


@pytest.mark.parametrize("portions", [[DAYS], [DAYS[:2], DAYS[2:]], [DAYS[:1], DAYS[1:]]], ids=["one", "two", "rest"])
def test_days_are_the_same_however_they_are_cleaned(
    spark: SparkSession, day_by_day: Runner, portions: list[list[str]], tmp_path: Path
) -> None:
    other = cleaned(spark, tmp_path, *portions)
    for table in TABLES:
        for day in DAYS:
            mine, theirs = (runner.store.digest(table, day) for runner in (day_by_day, other))
            assert mine and mine == theirs, (table, day)


def test_a_later_delivery_leaves_closed_days_as_they_are(spark: SparkSession, tmp_path: Path) -> None:
    put_files(tmp_path / "raw", {day: FILES[day] for day in DAYS[:2]})
    with cleaner(spark, tmp_path) as runner:
        clean(runner, *DAYS[:1])
        before = [runner.store.manifest(table, DAYS[0]) for table in TABLES]
        clean(runner, DAYS[1])
        assert [runner.store.manifest(table, DAYS[0]) for table in TABLES] == before
        job = runner.graph.job("clean_events")
        assert all(runner.prints.is_current(job, day) for day in DAYS[:2]), "nothing is to be built again"

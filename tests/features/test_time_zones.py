"""The business day of an event where clocks change: Europe/Berlin, 29 March 2026 (23 hours), 25 October (25 hours)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession

from features.source import evaluate
from tests.jobs.support import data_set

BERLIN = ZoneInfo("Europe/Berlin")
SHORT, LONG = dt.date(2026, 3, 29), dt.date(2026, 10, 25)
HALF_HOURS = 4 * 24 * 2


@pytest.fixture
def berlin(spark: SparkSession) -> Iterator[SparkSession]:
    """The session of a run whose data set is in Berlin."""
    before = spark.conf.get("spark.sql.session.timeZone") or "UTC"
    spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    yield spark
    spark.conf.set("spark.sql.session.timeZone", before)


def days(spark: SparkSession, time_format: str, texts: list[str]) -> dict[str, str]:
    """Text of a time -> the business day of its event."""
    sql = data_set(events={"time_format": time_format}).expressions("events")["event_time"]
    frame = spark.createDataFrame([(text,) for text in texts], "at string")
    times = evaluate(frame, {"at": "at", "time": sql})
    day = "date_format(time, 'yyyy-MM-dd')"
    return {row.at: row.day for row in times.selectExpr("at", f"{day} AS day").collect()}


@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (LONG, 25)])
def test_a_day_has_its_hours_however_times_are_written(berlin: SparkSession, day: dt.date, hours: int) -> None:
    start = dt.datetime.combine(day - dt.timedelta(1), dt.time(), dt.UTC)
    instants = [start + n * dt.timedelta(minutes=30) for n in range(HALF_HOURS)]
    local = [instant.astimezone(BERLIN) for instant in instants]
    for time_format, texts in (
        ("epoch_s", [str(int(instant.timestamp())) for instant in instants]),
        ("epoch_ms", [str(int(instant.timestamp() * 1000)) for instant in instants]),
        ("iso", [instant.isoformat() for instant in instants]),
        ("iso", [time.isoformat() for time in local]),
    ):
        found = days(berlin, time_format, texts)
        assert found == {text: str(time.date()) for text, time in zip(texts, local, strict=True)}, time_format
        assert Counter(found.values())[str(day)] == 2 * hours


def test_half_past_midnight_is_of_its_day_on_both_sides(berlin: SparkSession) -> None:
    around = [day + dt.timedelta(n) for day in (SHORT, LONG) for n in (-1, 0, 1)]
    naive = {f"{day} 00:30": str(day) for day in around}
    assert days(berlin, "iso", list(naive)) == naive
    written = {f"{day:%d.%m.%Y} 00:30": str(day) for day in around}
    assert days(berlin, "dd.MM.yyyy HH:mm", list(written)) == written


def test_a_local_time_without_zone_that_occurs_twice_is_the_first_and_one_that_never_occurs_is_later(
    berlin: SparkSession,
) -> None:
    """As docs/overlay.md says; neither moves an event to another day."""
    sql = data_set().expressions("events")["event_time"]
    frame = berlin.createDataFrame([("2026-10-25 02:30",), ("2026-03-29 02:30",)], "at string")
    times = evaluate(frame, {"at": "at", "seconds": f"unix_timestamp({sql})"}).collect()
    found = {row.at: dt.datetime.fromtimestamp(row.seconds, BERLIN).isoformat() for row in times}
    assert found == {
        "2026-10-25 02:30": "2026-10-25T02:30:00+02:00",
        "2026-03-29 02:30": "2026-03-29T03:30:00+02:00",
    }

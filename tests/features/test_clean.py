from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from features import clean
from features.source import parse_json
from tests.features.support import assert_contract

DS = "2026-03-31"
FIELDS = ("user", "item", "time", "clicked", "price", "dwell", "place", "lists")
COLUMNS = {
    "user_id": "user",
    "item_id": "item",
    "event_time": "try_to_timestamp(time)",
    "value": "price",
    "dwell_seconds": "dwell",
    "scene": "place",
    "variant": "lists",
}
TYPES = {"impression": "clicked IN ('0', '1')", "click": "clicked = '1'"}
LONG = "x" * (2 * clean.RAW_LIMIT)


def line(**changes: Any) -> str:
    """A sound line: an impression; keys that are None are left out."""
    fields = {"user": "u1", "item": "i1", "time": f"{DS}T10:00:00", "clicked": "0", **changes}
    return json.dumps({key: value for key, value in fields.items() if value is not None})


SOUND = {
    "impression": line(),
    "two events": line(user="two", clicked="1", price="2.50", dwell="3.5"),
    "numbers": line(user=7, item=8.5, clicked=1, price=2.5, dwell=3),
    "not castable": line(user="odd", price="cheap", dwell="long"),
    "spaces": line(user=" u2 ", item=" i2 "),
    "experiment": line(user="tested", place="home", lists=" b "),
    "no experiment": line(user="untested", place="", lists=" "),
    "first instant": line(user="edge", time=f"{DS}T00:00:00"),
    "last instant": line(user="edge", time=f"{DS}T23:59:59.999"),
    "zone": line(user="zone", time="2026-04-01T01:00:00+02:00"),
}
REJECTED = [
    ("malformed", '{"user": "u1", "item"'),
    ("malformed", "plain text"),
    ("malformed", "[1, 2]"),
    ("malformed", f'{{"user": "{LONG}'),
    ("no user", line(user=None)),
    ("no user", line(user="  ")),
    ("no user", "{}"),
    ("no user", ""),
    ("no item", line(item=None)),
    ("no item", line(item="")),
    ("no time", line(time=None)),
    ("no time", line(time="yesterday")),
    ("other day", line(time="2026-03-30T23:59:59")),
    ("other day", line(time="2026-04-01T00:00:00")),
    ("unknown event", line(clicked="2")),
    ("unknown event", line(clicked=None)),
]


def parse(spark: SparkSession, lines: list[tuple[str, str, str]]) -> DataFrame:
    frame = spark.createDataFrame(lines, "ds string, file string, line string")
    return clean.parse(parse_json(frame, fields=FIELDS), columns=COLUMNS, types=TYPES)


@pytest.fixture(scope="module")
def lines() -> list[tuple[str, str, str]]:
    """Sound and broken lines, two copies of a sound one in another file, and the same text on another day."""
    first = [(DS, "a.jsonl", text) for text in (*SOUND.values(), *(text for _, text in REJECTED))]
    copies = [(DS, "b.jsonl", SOUND["two events"]), (DS, "b.jsonl", SOUND["two events"])]
    return [*copies, *first, ("2026-03-30", "a.jsonl", SOUND["impression"])]


@pytest.fixture(scope="module")
def parsed(spark: SparkSession, lines: list[tuple[str, str, str]]) -> DataFrame:
    return parse(spark, lines).persist()


@pytest.fixture(scope="module")
def events(parsed: DataFrame) -> list[Row]:
    """The time as text: a collected timestamp would be in the zone of the machine."""
    time = F.date_format("event_time", "yyyy-MM-dd HH:mm")
    return clean.events(parsed).withColumn("event_time", time).collect()


@pytest.fixture(scope="module")
def rejects(parsed: DataFrame) -> list[Row]:
    return clean.rejects(parsed).collect()


def test_frames_follow_their_contracts(parsed: DataFrame) -> None:
    assert_contract(clean.events(parsed), "events")
    assert_contract(clean.rejects(parsed), "rejects")


def test_every_line_is_kept_or_rejected(
    parsed: DataFrame, lines: list[tuple[str, str, str]], rejects: list[Row]
) -> None:
    rows = parsed.select("file", "line", "reason").collect()
    assert Counter((row.file, row.line) for row in rows) == Counter((file, text) for _, file, text in lines)
    kept = [row.line for row in rows if row.reason is None]
    assert sorted(kept) == sorted(SOUND.values())
    assert len(kept) + len(rejects) == len(lines)


def test_reasons(rejects: list[Row]) -> None:
    found = Counter((row.reason, row.line) for row in rejects)
    expected = Counter((reason, text[: clean.RAW_LIMIT]) for reason, text in REJECTED)
    expected["duplicate line", SOUND["two events"]] = 2
    expected["other day", SOUND["impression"]] = 1
    assert found == expected


def test_of_equal_lines_the_one_in_the_first_file_stays(rejects: list[Row]) -> None:
    assert {row.file for row in rejects if row.reason == "duplicate line"} == {"b.jsonl"}


def test_raw_text_is_cut(rejects: list[Row]) -> None:
    assert max(len(row.line) for row in rejects) == clean.RAW_LIMIT


def test_a_line_is_as_many_events_as_conditions_hold(events: list[Row]) -> None:
    two = [row for row in events if row.user_id == "two"]
    assert sorted(row.event_type for row in two) == ["click", "impression"]
    assert {(row.value, row.dwell_seconds) for row in two} == {(2.5, 3.5)}
    assert {row.event_time for row in two} == {"2026-03-31 10:00"}
    assert len(events) == len(SOUND) + 2


def test_numbers_may_be_json_numbers_or_strings(events: list[Row]) -> None:
    numbers = [row for row in events if row.user_id == "7"]
    assert {(row.item_id, row.value, row.dwell_seconds) for row in numbers} == {("8.5", 2.5, 3.0)}
    assert sorted(row.event_type for row in numbers) == ["click", "impression"]


def test_what_cannot_be_cast_is_null_and_the_line_stays(events: list[Row]) -> None:
    (odd,) = [row for row in events if row.user_id == "odd"]
    assert (odd.value, odd.dwell_seconds) == (None, None)


def test_ids_are_trimmed(events: list[Row]) -> None:
    assert ("u2", "i2") in {(row.user_id, row.item_id) for row in events}


def test_the_day_is_that_of_the_session_time_zone(events: list[Row]) -> None:
    assert sum(row.user_id == "edge" for row in events) == 2
    (zone,) = [row for row in events if row.user_id == "zone"]
    assert zone.event_time == "2026-03-31 23:00"
    assert {row.ds for row in events} == {DS}

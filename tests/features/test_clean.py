from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from features import clean
from jobs.sql import json_object
from tests.features.support import records_of

DS = "2026-03-31"
FIELDS = ("user", "item", "time", "clicked", "price", "dwell", "place", "lists", "slot", "id")
COLUMNS = {
    "user_id": "user",
    "item_id": "item",
    "event_time": "try_to_timestamp(time)",
    "value": "price",
    "dwell_seconds": "dwell",
    "scene": "place",
    "variant": "lists",
    "context": json_object({"place": "place", "row": "slot"}),
}
TYPES = ("clicked IN ('0', '1')", "clicked = '1'")
IMPRESSION, CLICK = 1, 2
LIMITS = clean.Limits(first_day="2026-03-01", lateness_days=2, early_minutes=60, max_value=1000.0)


def line(**changes: Any) -> str:
    """A sound line: an impression; keys that are None are left out."""
    fields = {"user": "u1", "item": "i1", "time": f"{DS}T10:00:00", "clicked": "0", **changes}
    return json.dumps({key: value for key, value in fields.items() if value is not None})


def typed(spark: SparkSession, texts: list[str], *, by_day: bool = True, key: tuple[str, ...] = ()) -> DataFrame:
    records = records_of(spark, texts, FIELDS, [DS] * len(texts) if by_day else None)
    return clean.typed(records, columns=COLUMNS, types=TYPES, event_key=key, limits=LIMITS)


SOUND = {
    "two types": line(user="two", clicked="1", price="2.50", dwell="3.5", place="home"),
    "numbers": line(user=7, item=8.5, clicked=1, price=2.5, dwell=3),
    "no number": line(user="odd", price="cheap", dwell="long"),
    "clocks": line(user="clock", dwell=-1),
    "longest": line(user="clock", dwell=86_401),
    "refund": line(user="refund", price=-1000),
    "spaces": line(user=" u2 ", item=" i2 "),
    "experiment": line(user="tested", place="home", lists=" b ", slot=3),
    "no experiment": line(user="untested", place="", lists=" "),
    "first instant": line(user="edge", time=f"{DS}T00:00:00"),
    "last instant": line(user="edge", time=f"{DS}T23:59:59.999"),
    "zone": line(user="zone", time="2026-04-01T01:00:00+02:00"),
    "late": line(user="late", time="2026-03-29T00:00:00"),
    "early": line(user="early", time="2026-04-01T00:59:59"),
    "long id": line(user="ü" * 512),
    "brackets": line(user="[x", item="{y]"),
}
REJECTED = [
    ("malformed", '{"user": "u1", "item"'),
    ("malformed", "plain text"),
    ("malformed", line() + line(user="lost")),
    ("blank line", ""),
    ("no user", line(user=None)),
    ("no user", line(user="  ")),
    ("no user", "{}"),
    ("no item", line(item="")),
    ("id too long", line(user="ü" * 513)),
    ("id too long", line(item="i" * 1025)),
    ("wrong type", line(user={"id": 1})),
    ("wrong type", line(item=[1])),
    ("no time", line(time=None)),
    ("no time", line(time="yesterday")),
    ("time out of range", line(time="1969-12-31T23:59:59")),
    ("time out of range", line(time="2100-01-01T00:00:00")),
    ("too late", line(time="2026-03-28T23:59:59")),
    ("in the future", line(time="2026-04-01T01:00:00")),
    ("in the future", line(time="2027-04-01T00:00:00")),
    ("unknown event", line(clicked="2")),
    ("unknown event", line(clicked=None)),
    ("value out of range", line(price=1000.01)),
    ("value out of range", line(price="NaN")),
    ("value out of range", line(price="-Infinity")),
    # The first reason counts, whatever else is wrong.
    ("no user", line(user=None, item=None, time="yesterday", clicked="2")),
]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> list[Row]:
    """The time as text: a collected timestamp would be in the zone of the machine."""
    time = F.date_format("event_time", "yyyy-MM-dd HH:mm")
    frame = typed(spark, [*SOUND.values(), *(text for _, text in REJECTED)])
    return frame.withColumn("event_time", time).orderBy("position").collect()


@pytest.fixture(scope="module")
def sound(found: list[Row]) -> dict[str, Row]:
    return dict(zip(SOUND, found, strict=False))


def test_reasons(found: list[Row]) -> None:
    assert [row.reason for row in found] == [None] * len(SOUND) + [reason for reason, _ in REJECTED]


def test_a_record_is_of_all_types_whose_conditions_hold(sound: dict[str, Row]) -> None:
    two = sound["two types"]
    assert two.event_types == IMPRESSION | CLICK
    assert (two.value, two.dwell_seconds, two.scene, two.event_time) == (2.5, 3.5, "home", f"{DS} 10:00")
    assert sound["spaces"].event_types == IMPRESSION


def test_numbers_may_be_json_numbers_or_strings(sound: dict[str, Row]) -> None:
    row = sound["numbers"]
    assert (row.user_id, row.item_id, row.event_types, row.value, row.dwell_seconds) == ("7", "8.5", 3, 2.5, 3.0)


def test_what_is_no_number_or_no_time_that_can_be_spent_is_null(sound: dict[str, Row]) -> None:
    assert (sound["no number"].value, sound["no number"].dwell_seconds) == (None, None)
    assert sound["clocks"].dwell_seconds is None and sound["longest"].dwell_seconds is None
    assert sound["refund"].value == -1000


def test_context_is_an_object_of_what_was_logged(sound: dict[str, Row]) -> None:
    assert json.loads(sound["experiment"].context) == {"place": "home", "row": "3"}
    assert json.loads(sound["two types"].context) == {"place": "home"}
    assert sound["no experiment"].context is None


def test_ids_are_trimmed(sound: dict[str, Row]) -> None:
    assert (sound["spaces"].user_id, sound["spaces"].item_id) == ("u2", "i2")


def test_the_day_is_that_of_the_event_in_the_session_time_zone(sound: dict[str, Row]) -> None:
    days = {name: str(sound[name].event_day) for name in ("zone", "late", "early", "first instant")}
    assert days == {"zone": DS, "late": "2026-03-29", "early": "2026-04-01", "first instant": DS}
    assert {str(row.ds) for row in sound.values()} == {DS}


def test_a_file_of_no_day_delivers_a_record_on_the_day_of_its_event(spark: SparkSession) -> None:
    texts = {
        line(): (DS, None),
        line(user=None): (DS, "no user"),
        # Before the source begins, or without a day: accounted for on the first day.
        line(time="2026-02-28T12:00:00"): ("2026-03-01", None),
        line(time="2026-02-01T12:00:00"): ("2026-03-01", "too late"),
        line(time="1970-01-01T12:00:00"): ("2026-03-01", "time out of range"),
        line(time="2026-12-31T12:00:00"): ("2026-12-31", None),
        "no JSON": ("2026-03-01", "malformed"),
    }
    rows = typed(spark, list(texts), by_day=False).orderBy("position").collect()
    assert [(str(row.ds), row.reason) for row in rows] == list(texts.values())


def test_records_of_one_key_are_one_event_and_those_that_lack_it_are_compared_whole(spark: SparkSession) -> None:
    texts = [line(id=1, user="a"), line(id=1, user="b"), line(id=2), line(), line(), line(user="c")]
    keys = [row.event_key for row in typed(spark, texts, key=("id", "item")).orderBy("position").collect()]
    assert sorted(Counter(keys).values()) == [1, 1, 2, 2]
    assert keys[0] == keys[1] and keys[3] == keys[4]


def test_days_are_days_where_clocks_change(spark: SparkSession) -> None:
    """In Berlin 29 March 2026 has 23 hours: what happens within an hour of its end is early, whatever UTC says."""
    zone, before = "spark.sql.session.timeZone", spark.conf.get("spark.sql.session.timeZone") or "UTC"
    spark.conf.set(zone, "Europe/Berlin")
    try:
        start = dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC)  # midnight after the short day
        texts = [line(time=(start + dt.timedelta(minutes=n)).isoformat()) for n in (-1, 0, 59, 60)]
        records = records_of(spark, texts, FIELDS, ["2026-03-29"] * 4)
        frame = clean.typed(records, columns=COLUMNS, types=TYPES, event_key=(), limits=LIMITS)
        rows = frame.orderBy("position").collect()
    finally:
        spark.conf.set(zone, before)
    assert [(str(row.event_day), row.reason) for row in rows] == [
        ("2026-03-29", None),
        ("2026-03-30", None),
        ("2026-03-30", None),
        ("2026-03-30", "in the future"),
    ]

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from features.daily import exposures_daily, happened, item_daily, user_daily, user_item_daily
from tests.features.support import EVENTS, assert_contract, by_key

ROWS = [
    # event day and hour, user, item, type, value, dwell
    *[("2026-03-31 10", "u", "i", "purchase", value, None) for value in (0.1, 0.2, 0.3, None)],
    ("2026-03-31 00", "u", "i", "click", None, 1.5),
    ("2026-03-31 23", "u", "i", "click", None, None),
    ("2026-03-30 10", "u", "i", "click", None, None),
    ("2026-03-31 10", "v", "i", "purchase", 1e300, float("inf")),
    ("2026-03-31 10", "v", "i", "purchase", float("nan"), 2.0),
    ("2026-03-31 10", "v", "i", "purchase", -4.0, None),
    ("2026-03-31 10", "v", "j", "purchase", 0.0, None),
    ("2026-03-31 10", "v", "j", "impression", None, 3.0),
    ("2026-03-31 10", "v", "j", "impression", None, 4.0),
]


@pytest.fixture(scope="module")
def events(spark: SparkSession) -> DataFrame:
    rows = [
        ("2026-03-31", time[:10], user, item, kind, dt.datetime.fromisoformat(f"{time}:00:09+00:00"), value, dwell)
        for time, user, item, kind, value, dwell in ROWS
    ]
    return spark.createDataFrame(rows, EVENTS)


@pytest.fixture(scope="module")
def daily(events: DataFrame) -> dict[Any, dict[str, Any]]:
    frame = user_item_daily(events, kinds=["click", "purchase"])
    assert_contract(frame, "user_item_daily")
    return by_key(frame, "event_day", "user_id", "item_id", "event_type")


def log1p(seconds: float) -> float:
    return round(math.log1p(seconds), 6)


def measures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("event_count", "value_sum", "value_count", "dwell_log_sum", "dwell_count"))


def test_days_items_and_types_stay_apart(daily: dict[Any, dict[str, Any]]) -> None:
    assert len(daily) == 5
    assert measures(daily["2026-03-30", "u", "i", "click"]) == (1, None, 0, None, 0)
    assert measures(daily["2026-03-31", "u", "i", "click"]) == (2, None, 0, log1p(1.5), 1)


def test_sums_are_exact_and_events_without_value_count_as_events_only(daily: dict[Any, dict[str, Any]]) -> None:
    assert 0.1 + 0.2 + 0.3 != 0.6
    assert measures(daily["2026-03-31", "u", "i", "purchase"]) == (4, 0.6, 3, None, 0)


def test_a_value_of_0_is_a_value(daily: dict[Any, dict[str, Any]]) -> None:
    assert measures(daily["2026-03-31", "v", "j", "purchase"]) == (1, 0.0, 1, None, 0)


def test_a_number_beyond_all_measure_counts_as_not_logged(daily: dict[Any, dict[str, Any]]) -> None:
    assert measures(daily["2026-03-31", "v", "i", "purchase"]) == (3, -4.0, 1, log1p(2.0), 1)


def test_a_window_holds_what_happened_in_it_whenever_it_was_delivered(spark: SparkSession) -> None:
    days = ["2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01"]
    frame = spark.createDataFrame([("2026-03-31", day) for day in days], "ds string, event_day string")
    assert [row.event_day for row in happened(frame, "2026-03-30", "2026-03-31").collect()] == days[1:3]


def test_the_last_of_a_day_is_kept_with_its_time(daily: dict[Any, dict[str, Any]]) -> None:
    last = dt.datetime.fromtimestamp(daily["2026-03-31", "u", "i", "click"]["last_time"], dt.UTC)
    assert last.isoformat() == "2026-03-31T23:00:09+00:00"


def test_exposures_stand_apart(events: DataFrame) -> None:
    frame = exposures_daily(events, kinds=["impression"])
    assert_contract(frame, "exposures_daily")
    (row,) = frame.collect()
    assert (row.user_id, row.item_id, row.event_count, row.dwell_count) == ("v", "j", 2, 2)
    assert row.dwell_log_sum == pytest.approx(log1p(3.0) + log1p(4.0), abs=1e-9)


def test_users_are_counted_by_the_hour_and_items_by_the_day(events: DataFrame) -> None:
    users, items = user_daily(events), item_daily(events)
    assert_contract(users, "user_daily")
    assert_contract(items, "item_daily")
    hours = by_key(users.where("event_type = 'click'"), "event_day", "user_id", "hour")
    assert {key: row["event_count"] for key, row in hours.items()} == {
        ("2026-03-31", "u", 0): 1,
        ("2026-03-31", "u", 23): 1,
        ("2026-03-30", "u", 10): 1,
    }
    days = by_key(items, "event_day", "item_id", "event_type")
    assert measures(days["2026-03-31", "i", "purchase"]) == (7, -3.4, 4, log1p(2.0), 1)

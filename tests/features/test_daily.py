from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from features.daily import happened, user_item_daily
from tests.features.support import assert_contract, by_key

EVENTS = [
    # event day, user, item, type, value, dwell
    *[("2026-03-31", "u", "i", "purchase", value, None) for value in (0.1, 0.2, 0.3, None)],
    ("2026-03-31", "u", "i", "click", None, 1.5),
    ("2026-03-31", "u", "i", "click", None, None),
    ("2026-03-30", "u", "i", "click", None, None),
    ("2026-03-31", "v", "i", "purchase", 1e300, float("inf")),
    ("2026-03-31", "v", "i", "purchase", float("nan"), 2.0),
    ("2026-03-31", "v", "i", "purchase", -4.0, None),
    ("2026-03-31", "v", "j", "purchase", 0.0, None),
]


@pytest.fixture(scope="module")
def daily(spark: SparkSession) -> dict[Any, dict[str, Any]]:
    events = spark.createDataFrame(
        [("2026-03-31", *event) for event in EVENTS],
        "ds string, event_day string, user_id string, item_id string, event_type string, "
        "value double, dwell_seconds double",
    )
    frame = user_item_daily(events)
    assert_contract(frame, "user_item_daily")
    return by_key(frame, "event_day", "user_id", "item_id", "event_type")


def measures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("event_count", "value_sum", "value_count", "dwell_seconds_sum"))


def test_days_items_and_types_stay_apart(daily: dict[Any, dict[str, Any]]) -> None:
    assert len(daily) == 5
    assert measures(daily["2026-03-30", "u", "i", "click"]) == (1, None, 0, None)
    assert measures(daily["2026-03-31", "u", "i", "click"]) == (2, None, 0, 1.5)


def test_sums_are_exact_and_events_without_value_count_as_events_only(daily: dict[Any, dict[str, Any]]) -> None:
    assert 0.1 + 0.2 + 0.3 != 0.6
    assert measures(daily["2026-03-31", "u", "i", "purchase"]) == (4, 0.6, 3, None)


def test_a_value_of_0_is_a_value(daily: dict[Any, dict[str, Any]]) -> None:
    assert measures(daily["2026-03-31", "v", "j", "purchase"]) == (1, 0.0, 1, None)


def test_a_number_beyond_all_measure_counts_as_not_logged(daily: dict[Any, dict[str, Any]]) -> None:
    assert measures(daily["2026-03-31", "v", "i", "purchase"]) == (3, -4.0, 1, 2.0)


def test_a_window_holds_what_happened_in_it_whenever_it_was_delivered(spark: SparkSession) -> None:
    days = ["2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01"]
    frame = spark.createDataFrame([("2026-03-31", day) for day in days], "ds string, event_day string")
    assert [row.event_day for row in happened(frame, "2026-03-30", "2026-03-31").collect()] == days[1:3]

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from features.impressions import impressions, target
from features.outcomes import context_daily, outcomes
from tests.features.support import AS_OF, FACTS, assert_contract

CONTEXT = replace(FACTS, context=("page",))
SCHEMA = (
    "ds string, event_day string, user_id string, item_id string, event_type string, event_time timestamp, "
    "event_key bigint, context string, dwell_seconds double"
)


def event(user: str, item: str, kind: str, clock: str, page: str | None = None, dwell: float | None = None) -> tuple:
    context = f'{{"page":"{page}"}}' if page else None
    return (AS_OF, AS_OF, user, item, kind, f"{AS_OF} {clock}", 1, context, dwell)


EVENTS = [
    event("ann", "i1", "click", "08:59:59"),  # before anything was shown
    event("ann", "i1", "impression", "09:00:00", "home"),
    event("ann", "i1", "impression", "09:30:00", "search", 1.0),
    event("ann", "i1", "click", "09:30:00", "search", 1.0),  # one record, two types
    event("ann", "i1", "purchase", "23:59:59", None, 40.0),
    event("ann", "i2", "impression", "09:00:00", "home"),
    event("bob", "i1", "impression", "10:00:00"),
    event("bob", "i1", "hate", "10:00:01"),
    event("bob", "i3", "click", "10:00:02"),
]


def outcome_rows(spark: SparkSession, events: list[tuple]) -> DataFrame:
    typed = SCHEMA.replace("event_time timestamp", "event_time string")
    frame = spark.createDataFrame(events, typed)
    return outcomes(frame.withColumn("event_time", frame.event_time.cast("timestamp")), exposure=["impression"])


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    return outcome_rows(spark, EVENTS).persist()


def test_an_event_belongs_to_the_last_exposure_before_it(rows: DataFrame) -> None:
    assert_contract(rows, "outcomes", facts=CONTEXT)
    found = {(row.user_id, row.item_id, row.hour, row.exposed_at): row for row in rows.collect()}
    shown = [(user, item, hour) for user, item, hour, _ in sorted(found)]
    assert shown == [("ann", "i1", 9), ("ann", "i1", 9), ("ann", "i2", 9), ("bob", "i1", 10)]
    first, second, other, hated = (found[key] for key in sorted(found))
    assert (first.followed_by, first.context, first.dwell_seconds) == ([], '{"page":"home"}', None)
    assert (second.followed_by, second.context) == (["click", "purchase"], '{"page":"search"}')
    assert second.dwell_seconds == 40.0 and second.exposed_at - first.exposed_at == 1800
    assert other.followed_by == [] and hated.followed_by == ["hate"] and hated.context is None


def test_days_are_counted_by_context_and_what_lacks_one_is_left_out(rows: DataFrame) -> None:
    daily = context_daily(rows, facts=CONTEXT)
    assert_contract(daily, "context_daily", facts=CONTEXT)
    found: dict[tuple[str, str, str], Any] = {(row.view, row.key, row.other): row for row in daily.collect()}
    counts = {key: (row.exposure_count, row.positive_count) for key, row in found.items()}
    assert counts == {
        ("user_item", "ann", "i1"): (2, 1),
        ("user_item", "ann", "i2"): (1, 0),
        ("user_item", "bob", "i1"): (1, 0),
        ("hour", "9", ""): (3, 1),
        ("hour", "10", ""): (1, 0),
        ("page", "home", ""): (2, 0),
        ("page", "search", ""): (1, 1),
        ("page_hour", "home", "9"): (2, 0),
        ("page_hour", "search", "9"): (1, 1),
        ("user_page", "ann", "home"): (2, 0),
        ("user_page", "ann", "search"): (1, 1),
        ("item_page", "i1", "home"): (1, 0),
        ("item_page", "i1", "search"): (1, 1),
        ("item_page", "i2", "home"): (1, 0),
    }
    assert found["page", "search", ""].dwell_log_sum == round(math.log1p(40.0), 6)
    assert found["page", "home", ""].dwell_log_sum is None


def samples_of(rows: DataFrame, *, negatives: float = 1.0, **goal: Any) -> dict[tuple[int, int, int], Any]:
    spark = rows.sparkSession
    goal = {"parts": [(("click", "purchase"), 1.0)], "dwell": 0.0, "dwell_seconds": 60.0, **goal}
    found = impressions(
        rows,
        spark.createDataFrame([("ann", 7)], "user_id string, user_code int"),
        spark.createDataFrame([("i1", 1)], "item_id string, item_code int"),
        label=target(goal.pop("parts"), **goal),
        negatives=negatives,
        seed=1,
        facts=CONTEXT,
    )
    return {
        (row.user_code, code, n): {name: row[name][n] for name in found.columns if name != "user_code"}
        for row in found.orderBy("user_code").collect()
        for n, code in enumerate(row.item_code)
    }


def test_each_impression_is_a_sample_of_unknown_users_and_items_too(rows: DataFrame) -> None:
    found = samples_of(rows)
    assert list(found) == [(-1, 1, 0), (7, -1, 0), (7, 1, 1), (7, 1, 2)]
    assert [sample["label"] for sample in found.values()] == [0.0, 0.0, 0.0, 1.0]
    assert [sample["page"] for sample in found.values()] == [None, "home", "home", "search"]
    assert {sample["weight"] for sample in found.values()} == {1.0}
    last = found[7, 1, 2]
    assert (last["positive"], last["context_hour"], last["context_weekday"]) == (1.0, 9.0, 1.0)  # a Tuesday


def test_events_and_dwell_merge_into_one_target(rows: DataFrame) -> None:
    parts = [(("click",), 1.0), (("purchase",), 2.0), (("hate",), 0.5)]
    found = samples_of(rows, parts=parts, dwell=0.5, dwell_seconds=80.0)
    assert found[7, 1, 2]["label"] == pytest.approx((1 + 2 + 0.5 * 40 / 80) / 4)
    assert found[7, 1, 2]["positive"] == 1.0 and found[7, -1, 0]["label"] == 0.0
    assert samples_of(rows, dwell=1.0, dwell_seconds=10.0)[7, 1, 2]["label"] == 1.0


def test_kept_negatives_stand_for_those_that_were_left_out(spark: SparkSession) -> None:
    shown = [event("ann", "i1", "impression", f"{n // 60:02d}:{n % 60:02d}:00") for n in range(1200)]
    shown += [event("ann", "i1", "click", f"{n // 60:02d}:{n % 60:02d}:01") for n in range(0, 1200, 12)]
    found = samples_of(outcome_rows(spark, shown), negatives=0.25).values()
    assert sum(sample["label"] for sample in found) == 100
    assert {(sample["label"], sample["weight"]) for sample in found} == {(1.0, 1.0), (0.0, 4.0)}
    assert sum(sample["weight"] for sample in found) == pytest.approx(1200, rel=0.15)

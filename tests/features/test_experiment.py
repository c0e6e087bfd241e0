"""What users of a variant did, worked out by hand, and the sums beside those of the arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from features.experiment import METRICS, ROBOT, SEVERAL, user_totals, user_variant_daily, variant_sums
from models.experiment.moments import Moments
from tests.features.support import assert_contract

EVENTS = "ds string, event_day string, user_id string, event_type string, scene string, variant string, value double"
D1, D2, D3 = "2026-03-29", "2026-03-30", "2026-03-31"
FIRST = D2


def log() -> list[tuple[str, str, str, str | None, str | None, float | None]]:
    """(day, user, type, scene, variant, value)"""
    shown = [
        *[(D2, "ann", "impression", "home", "b", None)] * 3,
        *[(D3, "ann", "impression", "home", "b", None)] * 2,
        *[(D2, "bob", "impression", "home", "control", None)] * 4,
        *[(D3, "cat", "impression", "home", "control", None)] * 2,
        # Shown lists of both, a robot, a user who takes no part, and one who saw the list elsewhere.
        *[(D2, "dan", "impression", "home", name, None) for name in ("b", "control")],
        *[(D2, "eve", "impression", "home", "b", None)] * 9,
        *[(D2, "fay", "impression", "home", None, None)] * 2,
        *[(D2, "gil", "impression", "cart", "b", None)] * 2,
    ]
    did = [
        (D2, "ann", "click", "home", None, None),
        (D3, "ann", "click", None, None, None),
        (D3, "ann", "purchase", None, None, 2.5),
        (D3, "ann", "click", "cart", None, None),  # another scene
        (D1, "bob", "click", "home", None, None),  # before the experiment
        (D2, "cat", "click", "home", None, None),  # before the first exposure
        (D3, "cat", "purchase", "home", None, 0.1),
        (D3, "cat", "purchase", "home", None, 0.2),
        (D2, "dan", "click", "home", None, None),
        (D2, "fay", "click", "home", None, None),
    ]
    return shown + did


@pytest.fixture(scope="module")
def daily(spark: SparkSession) -> DataFrame:
    rows = [(day, day, user, kind, scene, variant, value) for day, user, kind, scene, variant, value in log()]
    return user_variant_daily(spark.createDataFrame(rows, EVENTS)).persist()


@pytest.fixture(scope="module")
def totals(daily: DataFrame) -> DataFrame:
    return user_totals(
        daily,
        first=FIRST,
        last=D3,
        scene="home",
        exposure=["impression"],
        clicks=["click"],
        conversions=["purchase"],
        most_exposures=8,
    ).persist()


def test_counts_keep_their_contract_and_lose_no_event(daily: DataFrame) -> None:
    assert_contract(daily, "user_variant_daily")
    rows = daily.collect()
    assert sum(row.event_count for row in rows) == len(log())
    assert sum(row.value_units for row in rows) == 28_000


def test_each_user_by_hand(totals: DataFrame) -> None:
    found = {row.user_id: tuple(row)[1:] for row in totals.collect()}
    assert found == {
        "ann": ("b", None, 5, 2, 1, 25_000),
        "bob": ("control", None, 4, 0, 0, 0),
        "cat": ("control", None, 2, 0, 2, 3_000),
        "dan": ("b", SEVERAL, 2, 1, 0, 0),
        "eve": ("b", ROBOT, 9, 0, 0, 0),
    }


def test_sums_are_those_of_the_arrays(totals: DataFrame) -> None:
    rows = {(row.variant, row.left_out): row for row in variant_sums(totals, METRICS).collect()}
    assert set(rows) == {("b", None), ("control", None), ("b", SEVERAL), ("b", ROBOT)}
    users: list[dict[str, Any]] = [row.asDict() for row in totals.collect() if row.left_out is None]
    control = [user for user in users if user["variant"] == "control"]
    clicks, exposures, money = (np.array([u[name] for u in control]) for name in ("clicks", "exposures", "value_units"))
    expected = {
        "ctr": Moments.of(clicks, exposures),
        "value_per_user": Moments.of(money, np.full(2, 10_000)),
        "converted_users": Moments.of(np.array([0, 1]), np.ones(2, int)),
    }
    row = rows["control", None]
    for metric, moments in expected.items():
        sums = [int(row[f"{metric}_{part}"]) for part in ("x", "y", "xx", "yy", "xy")]
        assert Moments(row.users, *sums) == moments, metric

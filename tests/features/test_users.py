from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from features.specs import user_features
from features.users import build_user_features
from tests.features.conftest import Shop
from tests.features.support import AS_OF, FLOAT, ROLES, assert_contract, by_key

Rows = dict[Any, dict[str, Any]]


@pytest.fixture(scope="module")
def users(shop: Shop) -> Rows:
    return by_key(shop.users, "user_id")


def test_follows_its_contract(shop: Shop) -> None:
    assert_contract(shop.users, "user_features")


def test_without_a_profile_there_are_no_profile_columns(spark: SparkSession, shop: Shop) -> None:
    nobody = spark.createDataFrame([], "user_id string, profile map<string,string>")
    frame = build_user_features(shop.history, nobody, as_of=AS_OF, roles=ROLES, profile=())
    assert_contract(frame, "user_features", profile=())


def test_codes_are_the_positions_of_the_users_with_events(users: Rows) -> None:
    assert {name: row["user_code"] for name, row in users.items()} == {"ann": 0, "bob": 1, "cat": 2, "dan": 3}


def test_profile_codes_are_positions_among_all_values_and_null_when_unknown(users: Rows) -> None:
    assert {name: (row["profile_city"], row["profile_age"]) for name, row in users.items()} == {
        "ann": (2.0, 0.0),  # alta, bergen, oslo
        "bob": (1.0, None),
        "cat": (None, None),
        "dan": (None, None),
    }


def test_a_number_of_the_profile_is_its_value(spark: SparkSession, shop: Shop) -> None:
    known = [("ann", {"age": "30.5", "city": "oslo"}), ("bob", {"age": "old"}), ("zed", {"city": "alta"})]
    profiles = spark.createDataFrame(known, "user_id string, profile map<string,string>")
    told = {"profile": ("age", "city"), "numbers": ("age",)}
    frame = build_user_features(shop.history, profiles, as_of=AS_OF, roles=ROLES, **told)
    assert_contract(frame, "user_features")
    found = {name: (row["profile_age"], row["profile_city"]) for name, row in by_key(frame, "user_id").items()}
    assert found == {"ann": (30.5, 1.0), "bob": (None, None), "cat": (None, None), "dan": (None, None)}


def test_counts_are_those_of_all_items(users: Rows) -> None:
    ann = users["ann"]
    assert [ann[f"purchase_count_{window}"] for window in ("1d", "7d", "28d", "history")] == [1, 2, 3, 3]
    assert [ann[f"impression_count_{window}"] for window in ("1d", "7d")] == [4, 10]
    assert (users["bob"]["item_count_28d"], users["bob"]["item_count_history"]) == (1, 2)


def test_rates_are_drawn_to_the_population_by_20_exposures(users: Rows) -> None:
    assert users["ann"]["click_rate_28d"] == pytest.approx((5 + 20 * 7 / 21) / (10 + 20), rel=FLOAT)
    assert users["dan"]["click_rate_28d"] == pytest.approx((0 + 20 * 7 / 21) / (5 + 20), rel=FLOAT)


def test_a_day_with_two_items_is_one_active_day(users: Rows) -> None:
    """ann's bread on days 0, 6, 7, 27 and tea on days 6, 10; one day of bob, his tea is older."""
    assert {name: row["active_days_28d"] for name, row in users.items()} == {"ann": 5, "bob": 1, "cat": 1, "dan": 0}


def test_a_user_who_took_nothing_has_no_last_day(users: Rows) -> None:
    assert {name: row["days_since_last"] for name, row in users.items()} == {
        "ann": 0,
        "bob": 2,
        "cat": 1,
        "dan": None,
    }


def test_repeat_share_counts_items_of_two_days_or_more(users: Rows) -> None:
    assert users["ann"]["repeat_share"] == pytest.approx((2 + 1) / (2 + 2), rel=FLOAT)
    assert users["bob"]["repeat_share"] == pytest.approx((0 + 1) / (2 + 2), rel=FLOAT)
    assert users["dan"]["repeat_share"] == pytest.approx(1 / 2, rel=FLOAT)


def test_value_mean_is_per_event_that_carried_a_value(users: Rows) -> None:
    assert users["ann"]["value_mean"] == pytest.approx((3.0 + 4.5 + 5.5) / 3, rel=FLOAT)
    assert users["bob"]["value_mean"] == 4.0
    assert users["cat"]["value_mean"] is None


def test_sources_without_exposures_have_no_rates() -> None:
    assert not [feature.name for feature in user_features({"purchase": "positive"}) if "rate" in feature.name]

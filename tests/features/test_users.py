from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.features.conftest import ITEMS, Shop
from tests.features.directories import built_items, built_users, catalogue, profiles
from tests.features.support import FACTS, FLOAT, assert_contract, by_key, day

Rows = dict[Any, dict[str, Any]]


@pytest.fixture(scope="module")
def users(shop: Shop) -> Rows:
    return by_key(shop.users, "user_id")


def test_follows_its_contract(shop: Shop) -> None:
    assert_contract(shop.users, "user_features")


def test_without_a_profile_there_are_no_profile_columns(shop: Shop) -> None:
    facts = replace(FACTS, profile=())
    users = built_users(shop.daily, shop.history, profiles({}), ITEMS, first=day(27), facts=facts)
    assert_contract(users, "user_features", facts=facts)


def test_codes_are_the_positions_of_the_users_with_events(users: Rows) -> None:
    assert {name: row["user_code"] for name, row in users.items()} == {"ann": 0, "bob": 1, "cat": 2, "dan": 3}


def test_profile_codes_are_positions_among_all_values_and_null_when_unknown(users: Rows) -> None:
    assert {name: (row["profile_city"], row["profile_age"]) for name, row in users.items()} == {
        "ann": (2.0, 0.0),  # alta, bergen, oslo
        "bob": (1.0, None),
        "cat": (None, None),
        "dan": (None, None),
    }


def test_a_number_of_the_profile_is_its_value(shop: Shop) -> None:
    known = {
        "ann": {"age": " 30.5", "city": "oslo"},
        "bob": {"age": "3_0"},
        "cat": {"age": "old"},
        "zed": {"city": "alta"},
    }
    facts = replace(FACTS, numbers=("age",))
    users = built_users(shop.daily, shop.history, profiles(known), ITEMS, first=day(27), facts=facts)
    assert_contract(users, "user_features")
    found = {name: (row["profile_age"], row["profile_city"]) for name, row in by_key(users, "user_id").items()}
    assert found == {"ann": (30.5, 1.0), "bob": (None, None), "cat": (None, None), "dan": (None, None)}


def test_counts_are_those_of_all_items(users: Rows) -> None:
    ann = users["ann"]
    assert [ann[f"purchase_count_{window}"] for window in ("1d", "7d", "28d", "history")] == [1, 2, 3, 3]
    assert [ann[f"impression_count_{window}"] for window in ("1d", "7d")] == [4, 10]
    assert (users["bob"]["item_count_28d"], users["bob"]["item_count_history"]) == (1, 2)


def test_rates_of_few_users_are_drawn_to_the_pooled_rate_by_20_exposures(users: Rows) -> None:
    """Clicks of impressions, no more than these: ann 5 of 10, bob 1 of 5, cat 1 of 1, dan 0 of 5."""
    pooled = 7 / 21
    assert users["ann"]["click_rate_28d"] == pytest.approx((5 + 20 * pooled) / (10 + 20), rel=FLOAT)
    assert users["dan"]["click_rate_28d"] == pytest.approx((0 + 20 * pooled) / (5 + 20), rel=FLOAT)


def test_a_day_with_two_items_is_one_active_day(users: Rows) -> None:
    """ann's bread on days 0, 6, 7, 27 and tea on days 6, 10; one day of bob, his tea is older."""
    days = {name: (row["positive_days_7d"], row["positive_days_28d"]) for name, row in users.items()}
    assert days == {"ann": (2, 5), "bob": (1, 1), "cat": (1, 1), "dan": (0, 0)}


def test_a_user_who_took_nothing_has_no_last_day(users: Rows) -> None:
    last = {name: row["days_since_last"] for name, row in users.items()}
    assert last == {"ann": 0, "bob": 2, "cat": 1, "dan": None}
    shown = {name: row["exposure_recency_28d"] for name, row in users.items()}
    assert shown == {"ann": 0, "bob": 2, "cat": 1, "dan": 5}


def test_who_was_only_shown_something_has_0_of_what_is_counted_of_pairs(users: Rows) -> None:
    dan = users["dan"]
    assert (dan["item_count_28d"], dan["click_count_history"], dan["price_mean"]) == (0, 0, None)


def test_the_price_level_is_that_of_what_was_taken(users: Rows) -> None:
    """ann took bread at 3.0 on 5 days; tea has no price in the catalogue."""
    assert users["ann"]["price_mean"] == users["bob"]["price_mean"] == 3.0
    assert users["cat"]["price_mean"] is None


def test_a_number_of_the_catalogue_has_its_mean_in_what_was_taken(shop: Shop) -> None:
    """Of days with a positive event: ann has bread on 5 and tea on 2, bob bread on 1 and tea."""
    facts = replace(FACTS, item_numbers=("size",))
    goods = catalogue([("i_bread", None, None, None, 3.0, None)], {"i_bread": {"size": 0.5}, "i_tea": {"size": 9.0}})
    users = built_users(shop.daily, shop.history, profiles({}), goods, first=day(27), facts=facts)
    assert_contract(users, "user_features", facts=facts)
    found = {name: row["number_size_mean"] for name, row in by_key(users, "user_id").items()}
    assert (found["ann"], found["cat"], found["dan"]) == (0.5, None, None)  # tea is not in this catalogue
    items = built_items(shop.daily, shop.history, shop.daily, goods, first=day(27), facts=facts)
    assert_contract(items, "item_features", facts=facts)
    sizes = {name: row["number_size"] for name, row in by_key(items, "item_id").items()}
    assert sizes == {"i_bread": 0.5, "i_ghost": None, "i_milk": None, "i_tea": None}


def test_parts_of_the_day_and_the_lists_weekday_by_template(users: Rows) -> None:
    """All happened at noon. The list is for a Wednesday: ann clicked on those 6 and 27 days before, once each."""
    ann = users["ann"]
    shares = [ann[f"positive_share_{part}_28d"] for part in ("night", "morning", "afternoon", "evening")]
    assert shares == pytest.approx([0, 0, 1, 0])
    assert ann["click_count_same_weekday_28d"] == 2


def test_value_mean_is_per_event_that_carried_a_value(users: Rows) -> None:
    assert users["ann"]["value_mean_history"] == pytest.approx((3.0 + 4.5 + 5.5) / 3, rel=FLOAT)
    assert users["bob"]["value_mean_history"] == 4.0
    assert users["cat"]["value_mean_history"] is None

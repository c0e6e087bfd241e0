from __future__ import annotations

from typing import Any

import pytest

from tests.features.conftest import Shop
from tests.features.directories import built_items, catalogue
from tests.features.support import FLOAT, assert_contract, by_key, day

Rows = dict[Any, dict[str, Any]]


@pytest.fixture(scope="module")
def items(shop: Shop) -> Rows:
    return by_key(shop.items, "item_id")


def test_follows_its_contract(shop: Shop) -> None:
    assert_contract(shop.items, "item_features")


def test_codes_are_the_positions_of_the_items_with_events(items: Rows) -> None:
    assert {name: row["item_code"] for name, row in items.items()} == {
        "i_bread": 0,
        "i_ghost": 1,
        "i_milk": 2,
        "i_tea": 3,
    }


@pytest.mark.parametrize(
    ("item", "codes"),
    [
        ("i_bread", (2, 0, None)),  # food after attic and drinks; no brand
        ("i_milk", (2, 1, 0)),
        ("i_tea", (1, None, 0)),
        ("i_ghost", (None, None, None)),
    ],
)
def test_group_codes_are_positions_in_the_catalogue_and_null_when_unknown(
    items: Rows, item: str, codes: tuple[int | None, ...]
) -> None:
    assert tuple(items[item][f"{group}_code"] for group in ("category", "subcategory", "brand")) == codes


def test_an_item_created_of_late_is_there_before_its_first_event(shop: Shop) -> None:
    """Of the last seven days, the as-of day among them; of one that is older, and unseen, nothing is known."""
    goods = [(f"i_{n}", "food", None, None, None, day(n)) for n in (0, 6, 7)]
    items = built_items(shop.daily, shop.history, shop.daily, catalogue(goods), first=day(27))
    assert_contract(items, "item_features")
    known = by_key(items, "item_id")
    assert set(known) == {"i_0", "i_6", "i_bread", "i_ghost", "i_milk", "i_tea"}
    new = known["i_6"]
    assert (new["age_days"], new["click_count_7d"], new["user_count_history"]) == (6, 0, 0)
    assert new["click_rate_28d"] == pytest.approx((20 * 7 / 21) / 20, rel=FLOAT), "the prior's mean"
    assert new["days_since_last"] is None


def test_counts_are_those_of_all_users(items: Rows) -> None:
    bread = items["i_bread"]
    assert [bread[f"click_count_{window}"] for window in ("1d", "7d", "28d", "history")] == [2, 4, 6, 7]
    assert [bread[f"hate_count_{window}"] for window in ("1d", "7d")] == [0, 1]
    assert (bread["user_count_28d"], bread["user_count_history"]) == (2, 2)
    assert (items["i_tea"]["user_count_28d"], items["i_tea"]["user_count_history"]) == (1, 2)
    assert (items["i_milk"]["impression_count_28d"], items["i_milk"]["user_count_history"]) == (11, 0)


def test_rates_of_few_items_are_drawn_to_the_pooled_rate_by_20_exposures(items: Rows) -> None:
    """In 28 days all items had 21 impressions, and clicks: 6 of bread's 9; none of milk's 11; ghost's 1 of 1."""
    pooled = (6 + 0 + 1 + 0) / 21
    assert items["i_bread"]["click_rate_28d"] == pytest.approx((6 + 20 * pooled) / (9 + 20), rel=FLOAT)
    assert items["i_tea"]["click_rate_28d"] == pytest.approx(pooled, rel=FLOAT)  # never shown: the population's rate
    assert "impression_rate_28d" not in items["i_bread"]


def test_a_conversion_is_per_event_of_the_first_positive_type(items: Rows) -> None:
    pooled = 1 / 7  # bread's one purchase of 7 clicks; tea was bought without a click, which tells nothing of a rate
    assert items["i_bread"]["purchase_per_click_28d"] == pytest.approx((1 + 20 * pooled) / (6 + 20), rel=FLOAT)


def test_velocity_is_the_short_window_over_the_long_one(items: Rows) -> None:
    assert items["i_bread"]["positive_velocity_7d_28d"] == pytest.approx((5 + 1) / (7 / 4 + 1), rel=FLOAT)
    assert items["i_bread"]["positive_velocity_1d_7d"] == pytest.approx((3 + 1) / (5 / 7 + 1), rel=FLOAT)
    assert items["i_milk"]["positive_velocity_7d_28d"] == 1


def test_breadth_and_repeats_are_smoothed_rates(items: Rows) -> None:
    """User-days in 28 days: bread 5 by 2 users, ghost 1 by 1, tea 2 by 1. Two days or more: bread's ann, tea's ann."""
    assert items["i_bread"]["audience_breadth_28d"] == pytest.approx((2 + 20 * 4 / 8) / (5 + 20), rel=FLOAT)
    assert items["i_bread"]["repeat_share"] == pytest.approx((1 + 20 * 2 / 5) / (2 + 20), rel=FLOAT)


def test_a_groups_features_are_those_of_all_its_items(items: Rows) -> None:
    """food: bread and milk; drinks: tea, taken twice, never shown. ghost is in no group, so it counts with none."""
    pooled = 7 / 20
    food = (7 + 20 * pooled) / (20 + 20)
    name = "category_positive_rate_28d"
    assert items["i_bread"][name] == items["i_milk"][name] == pytest.approx(food, rel=FLOAT)
    assert items["i_tea"][name] == pytest.approx((2 + 20 * pooled) / (2 + 20), rel=FLOAT)
    assert items["i_ghost"][name] is None


def test_value_mean_is_per_event_that_carried_a_value(items: Rows) -> None:
    assert items["i_tea"]["value_mean_history"] == pytest.approx((4.5 + 5.5 + 8.0) / 4, rel=FLOAT)
    assert items["i_bread"]["value_mean_history"] == 3.0
    assert items["i_milk"]["value_mean_history"] is None


def test_price_and_age_are_null_when_the_catalogue_does_not_say(items: Rows) -> None:
    assert {name: (row["price"], row["age_days"]) for name, row in items.items()} == {
        "i_bread": (3.0, 30.0),
        "i_ghost": (None, None),
        "i_milk": (1.5, None),
        "i_tea": (None, 0.0),
    }

from __future__ import annotations

from typing import Any

import pytest

from tests.features.conftest import Shop
from tests.features.support import FLOAT, assert_contract, by_key

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


def test_counts_are_those_of_all_users(items: Rows) -> None:
    bread = items["i_bread"]
    assert [bread[f"click_count_{window}"] for window in ("1d", "7d", "28d", "history")] == [2, 4, 6, 7]
    assert [bread[f"hate_count_{window}"] for window in ("1d", "7d")] == [0, 1]
    assert (bread["user_count_28d"], bread["user_count_history"], bread["positive_days_28d"]) == (2, 2, 5)
    assert (items["i_tea"]["user_count_28d"], items["i_tea"]["user_count_history"]) == (1, 2)
    assert (items["i_milk"]["impression_count_28d"], items["i_milk"]["user_count_history"]) == (11, 0)


def test_rates_are_drawn_to_the_population_by_20_exposures(items: Rows) -> None:
    """In 28 days all items had 21 impressions, 7 clicks, 3 purchases (bob's tea is older) and 1 hate."""
    bread, tea = items["i_bread"], items["i_tea"]
    assert bread["click_rate_28d"] == pytest.approx((6 + 20 * 7 / 21) / (9 + 20), rel=FLOAT)
    assert bread["purchase_rate_28d"] == pytest.approx((1 + 20 * 3 / 21) / (9 + 20), rel=FLOAT)
    assert bread["hate_rate_28d"] == pytest.approx((1 + 20 * 1 / 21) / (9 + 20), rel=FLOAT)
    assert tea["click_rate_28d"] == pytest.approx(7 / 21, rel=FLOAT)  # never shown: the population's rate
    assert tea["purchase_rate_28d"] == pytest.approx((2 + 20 * 3 / 21) / 20, rel=FLOAT)
    assert "impression_rate_28d" not in bread


def test_trend_is_the_last_week_over_the_weekly_mean(items: Rows) -> None:
    assert items["i_bread"]["trend_7d"] == pytest.approx((3 + 1) / (5 / 4 + 1), rel=FLOAT)
    assert items["i_milk"]["trend_7d"] == 1


def test_repeat_share_counts_users_of_two_days_or_more(items: Rows) -> None:
    assert items["i_bread"]["repeat_share"] == pytest.approx((1 + 1) / (2 + 20), rel=FLOAT)
    assert items["i_ghost"]["repeat_share"] == pytest.approx((0 + 1) / (1 + 20), rel=FLOAT)


def test_value_mean_is_per_event_that_carried_a_value(items: Rows) -> None:
    assert items["i_tea"]["value_mean"] == pytest.approx((4.5 + 5.5 + 8.0) / 4, rel=FLOAT)
    assert items["i_bread"]["value_mean"] == 3.0
    assert items["i_milk"]["value_mean"] is None


def test_price_and_age_are_null_when_the_catalogue_does_not_say(items: Rows) -> None:
    assert {name: (row["price"], row["age_days"]) for name, row in items.items()} == {
        "i_bread": (3.0, 30.0),
        "i_ghost": (None, None),
        "i_milk": (1.5, None),
        "i_tea": (None, 0.0),
    }

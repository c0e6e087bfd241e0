from __future__ import annotations

from typing import Any

import pytest

from features.specs import HALF_LIVES, WEIGHT_UNITS
from tests.features.conftest import EVENTS, Shop
from tests.features.support import AS_OF, FLOAT, assert_contract, by_key


@pytest.fixture(scope="module")
def history(shop: Shop) -> dict[Any, dict[str, Any]]:
    return by_key(shop.history, "user_id", "item_id")


def test_follows_its_contract(shop: Shop) -> None:
    assert_contract(shop.history, "user_item_history")


def test_a_row_per_user_and_item_with_any_event(history: dict[Any, dict[str, Any]]) -> None:
    assert set(history) == {(user, item) for _, user, item, *_ in EVENTS}
    assert {row["ds"] for row in history.values()} == {AS_OF}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("click_count", (2, 3, 5, 6)),
        ("purchase_count", (1, 1, 1, 1)),
        ("impression_count", (4, 4, 4, 4)),
        ("hate_count", (0, 0, 0, 0)),
        ("positive_days", (1, 2, 4, 5)),
    ],
)
def test_windows_end_on_the_day_and_hold_1_7_28_and_all_days(
    history: dict[Any, dict[str, Any]], name: str, counts: tuple[int, ...]
) -> None:
    row = history["ann", "i_bread"]
    assert tuple(row[f"{name}_{window}"] for window in ("1d", "7d", "28d", "history")) == counts


def test_a_day_with_several_positive_types_is_one_day(history: dict[Any, dict[str, Any]]) -> None:
    row = history["ann", "i_bread"]
    assert (row["positive_days_28d"], row["positive_days_history"]) == (4, 5)
    assert (row["days_since_last"], row["days_since_first"]) == (0, 28)


def test_the_day_mask_has_the_last_28_days(history: dict[Any, dict[str, Any]]) -> None:
    assert history["ann", "i_bread"]["day_mask_28d"] == 1 << 0 | 1 << 6 | 1 << 7 | 1 << 27
    assert history["bob", "i_tea"]["day_mask_28d"] == 0


@pytest.mark.parametrize("pair", [("ann", "i_bread"), ("ann", "i_tea"), ("bob", "i_tea")])
@pytest.mark.parametrize("half_life", HALF_LIVES)
def test_weights_halve_per_half_life(history: dict[Any, dict[str, Any]], pair: tuple[str, str], half_life: int) -> None:
    days: dict[int, float] = {}
    for age, user, item, kind, events, *_ in EVENTS:
        if (user, item) == pair:
            days[age] = days.get(age, 0.0) + events * {"click": 1.0, "purchase": 4.0}.get(kind, 0.0)
    expected = sum(weight * 0.5 ** (age / half_life) for age, weight in days.items())
    measured = history[pair][f"weight_half_life_{half_life}d"] / WEIGHT_UNITS
    assert measured == pytest.approx(expected, abs=len(days) / WEIGHT_UNITS)


def test_without_a_positive_event_days_are_unknown_not_0(history: dict[Any, dict[str, Any]]) -> None:
    row = history["ann", "i_milk"]
    assert (row["impression_count_28d"], row["positive_days_history"], row["day_mask_28d"]) == (6, 0, 0)
    assert (row["days_since_last"], row["days_since_first"]) == (None, None)
    assert row["weight_half_life_7d"] == 0


def test_a_negative_event_is_no_positive_day(history: dict[Any, dict[str, Any]]) -> None:
    row = history["bob", "i_bread"]
    assert (row["hate_count_1d"], row["hate_count_7d"]) == (0, 1)
    assert (row["positive_days_history"], row["days_since_last"]) == (1, 2)


def test_values_are_summed_and_null_when_no_event_had_one(history: dict[Any, dict[str, Any]]) -> None:
    assert (history["ann", "i_tea"]["value_sum"], history["ann", "i_tea"]["value_count"]) == (
        pytest.approx(10.0, rel=FLOAT),
        2,
    )
    assert (history["cat", "i_ghost"]["value_sum"], history["cat", "i_ghost"]["value_count"]) == (None, 0)

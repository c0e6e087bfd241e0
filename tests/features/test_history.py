from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from features.history import user_item_history
from features.pairs import HALF_LIVES
from features.spec import UNITS
from tests.features.conftest import EVENTS, Shop
from tests.features.support import AS_OF, FACTS, Day, assert_contract, by_key, daily_frame


@pytest.fixture(scope="module")
def history(shop: Shop) -> dict[Any, dict[str, Any]]:
    return by_key(shop.history, "user_id", "item_id")


def test_follows_its_contract(shop: Shop) -> None:
    assert_contract(shop.history, "user_item_history")


def test_a_row_per_user_and_item_with_any_event_but_exposures(history: dict[Any, dict[str, Any]]) -> None:
    assert set(history) == {(user, item) for _, user, item, kind, *_ in EVENTS if kind != "impression"}
    assert {row["ds"] for row in history.values()} == {AS_OF}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("click_count", (3, 5, 6)),
        ("purchase_count", (1, 1, 1)),
        ("hate_count", (0, 0, 0)),
        ("positive_days", (2, 4, 5)),
    ],
)
def test_windows_end_on_the_day_and_hold_7_28_and_all_days(
    history: dict[Any, dict[str, Any]], name: str, counts: tuple[int, ...]
) -> None:
    row = history["ann", "i_bread"]
    assert tuple(row[f"{name}_{window}"] for window in ("7d", "28d", "history")) == counts


def test_a_day_with_several_positive_types_is_one_day(history: dict[Any, dict[str, Any]]) -> None:
    row = history["ann", "i_bread"]
    assert (row["positive_days_28d"], row["positive_days_history"]) == (4, 5)
    assert (row["days_since_last"], row["days_since_first"]) == (0, 28)


def test_day_masks_have_the_days_63_a_column(history: dict[Any, dict[str, Any]]) -> None:
    row = history["ann", "i_bread"]
    assert row["day_mask_0"] == 1 << 0 | 1 << 6 | 1 << 7 | 1 << 27 | 1 << 28
    assert (row["day_mask_1"], row["day_mask_2"]) == (0, 0)


def test_the_63rd_day_and_the_next_are_told_apart(spark: SparkSession) -> None:
    rows: list[Day] = [(age, "u", "i", "click", 1, None, 0) for age in (62, 63, 179)]
    (row,) = user_item_history(daily_frame(spark, rows), as_of=AS_OF, facts=FACTS).collect()
    assert (row.day_mask_0, row.day_mask_1, row.day_mask_2) == (1 << 62, 1, 1 << 53)
    assert (row.positive_days_28d, row.positive_days_history) == (0, 3)


@pytest.mark.parametrize("pair", [("ann", "i_bread"), ("ann", "i_tea"), ("bob", "i_tea")])
@pytest.mark.parametrize("half_life", HALF_LIVES)
def test_weights_halve_per_half_life(history: dict[Any, dict[str, Any]], pair: tuple[str, str], half_life: int) -> None:
    days: dict[int, float] = {}
    for age, user, item, kind, events, *_ in EVENTS:
        if (user, item) == pair:
            days[age] = days.get(age, 0.0) + events * {"click": 1.0, "purchase": 4.0}.get(kind, 0.0)
    expected = sum(weight * 0.5 ** (age / half_life) for age, weight in days.items())
    measured = history[pair][f"weight_half_life_{half_life}d"] / UNITS["weight"]
    assert measured == pytest.approx(expected, abs=len(days) / UNITS["weight"])


def test_without_a_positive_event_days_are_unknown_not_0(spark: SparkSession) -> None:
    rows: list[Day] = [(1, "u", "i", "hate", 2, None, 0)]
    (row,) = user_item_history(daily_frame(spark, rows), as_of=AS_OF, facts=FACTS).collect()
    assert (row.hate_count_7d, row.positive_days_history, row.day_mask_0) == (2, 0, 0)
    assert (row.days_since_last, row.days_since_first, row.last_time) == (None, None, None)
    assert row.weight_half_life_7d == 0


def test_a_negative_event_is_no_positive_day(history: dict[Any, dict[str, Any]]) -> None:
    row = history["bob", "i_bread"]
    assert (row["hate_count_7d"], row["positive_days_history"], row["days_since_last"]) == (1, 1, 2)


def test_values_are_summed_in_whole_units_and_null_when_no_event_had_one(history: dict[Any, dict[str, Any]]) -> None:
    assert (history["ann", "i_tea"]["value_units"], history["ann", "i_tea"]["value_count"]) == (100_000, 2)
    assert (history["cat", "i_ghost"]["value_units"], history["cat", "i_ghost"]["value_count"]) == (None, 0)


def test_where_nothing_is_recommended_twice_only_what_is_needed_is_kept(spark: SparkSession) -> None:
    facts = replace(FACTS, repeats=False, value=False, dwell=False, history_days=60)
    rows: list[Day] = [(1, "u", "i", "click", 2, None, 0)]
    frame = user_item_history(daily_frame(spark, rows), as_of=AS_OF, facts=facts)
    assert_contract(frame, "user_item_history", facts=facts)
    assert not {"click_count_7d", "weight_half_life_7d", "day_mask_1", "value_units"} & set(frame.columns)

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.facts import Facts
from features.history import KEYS, user_item_history
from features.pairs import HALF_LIVES
from features.spec import UNITS
from tests.features.conftest import EVENTS, Shop
from tests.features.support import AS_OF, FACTS, ROLES, Day, assert_contract, by_key, daily_table, day


def summed(rows: list[Day], facts: Facts = FACTS, first: int = 179) -> pa.Table:
    table = user_item_history(daily_table(rows), first=day(first), as_of=AS_OF, facts=facts)
    assert_contract(table, "user_item_history", facts=facts)
    return table


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


def test_the_63rd_day_and_the_next_are_told_apart() -> None:
    rows: list[Day] = [(age, "u", "i", "click", 1, None, 0) for age in (62, 63, 179)]
    (row,) = summed(rows).to_pylist()
    assert (row["day_mask_0"], row["day_mask_1"], row["day_mask_2"]) == (1 << 62, 1, 1 << 53)
    assert (row["positive_days_28d"], row["positive_days_history"]) == (0, 3)


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


def test_without_a_positive_event_days_are_unknown_not_0() -> None:
    rows: list[Day] = [(1, "u", "i", "hate", 2, None, 0)]
    (row,) = summed(rows).to_pylist()
    assert (row["hate_count_7d"], row["positive_days_history"], row["day_mask_0"]) == (2, 0, 0)
    assert (row["days_since_last"], row["days_since_first"], row["last_time"]) == (None, None, None)
    assert row["weight_half_life_7d"] == 0


def test_a_negative_event_is_no_positive_day(history: dict[Any, dict[str, Any]]) -> None:
    row = history["bob", "i_bread"]
    assert (row["hate_count_7d"], row["positive_days_history"], row["days_since_last"]) == (1, 1, 2)


def test_values_are_summed_in_whole_units_and_null_when_no_event_had_one(history: dict[Any, dict[str, Any]]) -> None:
    assert (history["ann", "i_tea"]["value_units"], history["ann", "i_tea"]["value_count"]) == (100_000, 2)
    assert (history["cat", "i_ghost"]["value_units"], history["cat", "i_ghost"]["value_count"]) == (None, 0)


def test_where_nothing_is_recommended_twice_only_what_is_needed_is_kept() -> None:
    facts = replace(FACTS, repeats=False, value=False, dwell=False, history_days=60)
    rows: list[Day] = [(1, "u", "i", "click", 2, None, 0)]
    unwanted = {"click_count_7d", "weight_half_life_7d", "day_mask_1", "value_units"}
    assert not unwanted & set(summed(rows, facts).column_names)


def test_rows_lie_sorted_and_other_days_are_left_out() -> None:
    rows: list[Day] = [
        (age, user, item, "click", 1, None, 0)
        for age in (0, 9, 10, -1)
        for user, item in (("b", "i2"), ("ä", "i1"), ("b", "i10"), ("B", "i1"))
    ]
    table = summed(rows, first=9)
    assert list(zip(*(table[name].to_pylist() for name in ("user_id", "item_id")), strict=True)) == [
        ("B", "i1"),
        ("b", "i10"),
        ("b", "i2"),
        ("ä", "i1"),
    ]
    assert set(table["click_count_history"].to_pylist()) == {2}
    assert summed([]).num_rows == 0 == summed(rows[-4:]).num_rows


@pytest.mark.parametrize(
    ("value", "units"), [(0.00005, 1), (0.00004999, 0), (-0.00005, -1), (2.5, 25_000), (1e12, 10**16)]
)
def test_half_a_unit_goes_away_from_0(value: float, units: int) -> None:
    assert summed([(0, "u", "i", "click", 1, value, 1)])["value_units"].to_pylist() == [units]


KINDS = st.sampled_from(sorted(ROLES.keys() - {"impression"}))
ROWS = st.tuples(st.integers(-1, 70), st.sampled_from("ab"), st.sampled_from("xyz"), KINDS, st.integers(1, 3))


@settings(deadline=None)
@given(drawn=st.lists(ROWS, max_size=25), seed=st.integers(0, 9))
def test_law_of_parts(drawn: list[tuple[int, str, str, str, int]], seed: int) -> None:
    """Users one by one, their rows in any order, strings as dictionaries or not: the same rows as all at once."""
    rows: list[Day] = [(*row, None, 0) for row in drawn]
    shuffled = daily_table(random.Random(seed).sample(rows, len(rows)))
    for name in KEYS:
        at = shuffled.column_names.index(name)
        shuffled = shuffled.set_column(at, name, shuffled[name].dictionary_encode())
    parts = [
        user_item_history(
            shuffled.filter(pc.equal(shuffled["user_id"].cast("string"), user)), first=day(60), as_of=AS_OF, facts=FACTS
        )
        for user in "ab"
    ]
    whole = summed(rows, first=60)
    assert pa.concat_tables(parts).equals(whole)
    assert whole.num_rows == len({(user, item) for age, user, item, *_ in drawn if 0 <= age <= 60})

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from features.pairs import HALF_LIVES
from features.specs import GROUPS, affinity_features, pair_features, shown_features
from tests.features.conftest import Shop
from tests.features.support import FACTS, assert_contract, by_key, day

Rows = dict[Any, dict[str, Any]]


@pytest.fixture(scope="module")
def behaviour(shop: Shop) -> Rows:
    return by_key(shop.behaviour, "user_code")


def test_follows_its_contract(shop: Shop) -> None:
    assert_contract(shop.behaviour, "behaviour_features")


def test_every_user_of_the_directory_has_a_row(behaviour: Rows) -> None:
    assert sorted(behaviour) == [0, 1, 2, 3, 4]
    assert {value for name, value in behaviour[4].items() if isinstance(value, list) and value} == set()
    assert None not in behaviour[4].values()


def test_arrays_are_parallel_to_their_codes_and_ascend(behaviour: Rows) -> None:
    families = {
        "item_codes": [feature.name for feature in pair_features(FACTS)],
        "shown_codes": [f"shown_{feature.name}" for feature in shown_features(FACTS)],
        **{f"{group}_codes": [f"{group}_{feature.name}" for feature in affinity_features(FACTS)] for group in GROUPS},
    }
    for row in behaviour.values():
        for codes, names in families.items():
            assert row[codes] == sorted(set(row[codes]))
            assert {len(row[name]) for name in names} == {len(row[codes])}


def test_what_a_user_did_with_each_item(behaviour: Rows) -> None:
    ann = behaviour[0]
    assert ann["item_codes"] == [0, 3]  # milk was only shown
    assert ann["click_count_7d"] == [3, 0]
    assert ann["positive_days"] == [5, 2]
    assert ann["days_since_last"] == [0, 6]
    assert ann["days_since_first"] == [28, 10]
    assert behaviour[1]["hate_count_history"] == [1, 0]


def test_what_a_user_was_shown_in_a_week(behaviour: Rows) -> None:
    names = ("shown_codes", "shown_exposure_count_7d", "shown_exposure_recency_7d")
    shown = {code: list(zip(*(row[name] for name in names), strict=True)) for code, row in behaviour.items()}
    assert shown == {0: [(0, 4, 0), (2, 6, 1)], 1: [(0, 5, 2)], 2: [(1, 1, 1)], 3: [(2, 5, 5)], 4: []}


def test_intervals_need_two_positive_days(behaviour: Rows) -> None:
    ann, bob = behaviour[0], behaviour[1]
    assert ann["interval_mean"] == [28 / 4, 4 / 1]
    assert ann["interval_ratio"] == pytest.approx([0.0, 6 / 4])
    assert bob["interval_mean"] == bob["interval_ratio"] == [None, None]


def test_last_items_stand_newest_first_with_their_times(behaviour: Rows) -> None:
    ann, noon = behaviour[0], dt.datetime.fromisoformat(f"{day(6)}T12:00:00+00:00")
    assert ann["last_item_codes"] == [0, 3]
    assert ann["last_item_times"] == [int(noon.timestamp()) + 6 * 86_400, int(noon.timestamp())]
    assert behaviour[3]["last_item_codes"] == []


@pytest.mark.parametrize("half_life", HALF_LIVES)
def test_decayed_weights_are_in_units_of_weight(behaviour: Rows, half_life: int) -> None:
    assert behaviour[1][f"weight_half_life_{half_life}d"] == pytest.approx(
        [0.5 ** (2 / half_life), 8 * 0.5 ** (40 / half_life)], rel=1e-4
    )


def test_affinities_count_positive_days_in_a_group(behaviour: Rows) -> None:
    ann = behaviour[0]
    assert ann["category_codes"] == [1, 2]  # drinks: tea; food: bread, for milk was only seen
    assert ann["category_positive_days"] == [2, 5]
    assert ann["category_positive_days_28d"] == [2, 4]
    assert ann["category_days_since_last"] == [6, 0]
    assert ann["category_item_count"] == [1, 1]
    assert ann["category_share"] == pytest.approx([2 / 7, 5 / 7])
    assert ann["category_interval_ratio"] == pytest.approx([6 * 1 / 4, 0])
    assert ann["category_preferred"] == [2, 1]
    assert (ann["brand_codes"], ann["brand_positive_days"]) == ([0], [2])  # bread has no brand
    assert (ann["subcategory_codes"], ann["subcategory_positive_days"]) == ([0], [5])  # tea has no subcategory


def test_without_positives_in_a_group_its_arrays_are_empty(behaviour: Rows) -> None:
    cat, dan = behaviour[2], behaviour[3]
    assert (cat["item_codes"], cat["category_codes"]) == ([1], [])  # i_ghost is in no group
    assert (dan["item_codes"], dan["category_codes"], dan["category_item_count"]) == ([], [], [])

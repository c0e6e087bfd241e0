from __future__ import annotations

from typing import Any

import pytest

from features.specs import GROUPS, HALF_LIVES, affinity_features, behaviour_features
from tests.features.conftest import Shop
from tests.features.support import ROLES, assert_contract, by_key

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
    families = {"item_codes": [feature.name for feature in behaviour_features(ROLES)]} | {
        f"{group}_codes": [f"{group}_{feature.name}" for feature in affinity_features()] for group in GROUPS
    }
    for row in behaviour.values():
        for codes, names in families.items():
            assert row[codes] == sorted(set(row[codes]))
            assert {len(row[name]) for name in names} == {len(row[codes])}


def test_what_a_user_did_with_each_item(behaviour: Rows) -> None:
    ann = behaviour[0]
    assert ann["item_codes"] == [0, 2, 3]
    assert ann["click_count_7d"] == [3, 0, 0]
    assert ann["impression_count_28d"] == [4, 6, 0]
    assert ann["positive_days"] == [5, 0, 2]
    assert ann["days_since_last"] == [0, None, 6]
    assert ann["days_since_first"] == [28, None, 10]
    assert behaviour[1]["hate_count_history"] == [1, 0]


def test_intervals_need_two_positive_days(behaviour: Rows) -> None:
    ann, bob = behaviour[0], behaviour[1]
    assert ann["interval_mean"] == [28 / 4, None, 4 / 1]
    assert ann["interval_ratio"] == pytest.approx([0.0, None, 6 / 4])
    assert bob["interval_mean"] == bob["interval_ratio"] == [None, None]


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
    assert (ann["brand_codes"], ann["brand_positive_days"]) == ([0], [2])  # bread has no brand
    assert (ann["subcategory_codes"], ann["subcategory_positive_days"]) == ([0], [5])  # tea has no subcategory


def test_without_positives_in_a_group_its_arrays_are_empty(behaviour: Rows) -> None:
    cat, dan = behaviour[2], behaviour[3]
    assert (cat["item_codes"], cat["category_codes"]) == ([1], [])  # i_ghost is in no group
    assert (dan["item_codes"], dan["category_codes"], dan["category_item_count"]) == ([2], [], [])

"""Items of the same days, beside a count by hand of every pair."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from models.products.together import TogetherConfig, bought_together
from models.recall.base import broken_promises
from tests.models.recall.conformance import as_rows, interactions, items_of, random_interactions

BREAD, BUTTER, WINE, EGGS = range(4)


def config(**settings: object) -> TogetherConfig:
    return TogetherConfig.model_validate({"min_baskets": 1, **settings})


def test_what_lies_in_the_same_baskets_goes_together() -> None:
    rows = [(user, item, age, 1.0) for user in range(3) for age in (0, 5) for item in (BREAD, BUTTER)]
    rows += [(0, WINE, 1, 1.0), (1, EGGS, 1, 1.0)]  # other days
    assert items_of(bought_together(interactions(rows, (3, 4)), config())) == [[BUTTER], [BREAD], [], []]


def test_the_same_day_of_another_user_is_another_basket() -> None:
    assert items_of(bought_together(interactions([(0, BREAD, 0, 1), (1, BUTTER, 0, 1)], (2, 2)), config())) == [[], []]


@pytest.mark.parametrize("score", ["cosine", "lift"])
def test_scores_are_those_of_a_count_by_hand(score: str) -> None:
    data = random_interactions()
    baskets: dict[tuple[int, int], set[int]] = {}
    for user, item, age in zip(data.users.tolist(), data.items.tolist(), data.ages.tolist(), strict=True):
        baskets.setdefault((user, age), set()).add(item)
    kept = [items for items in baskets.values() if len(items) <= 3]
    times = Counter(item for items in kept for item in items)
    pairs = Counter(pair for items in kept for pair in permutations(items, 2))
    found = bought_together(data, config(score=score, min_baskets=2, max_basket=3, k=90))
    assert not broken_promises(found, 90, 90, 90)
    rows = as_rows(found)
    assert {(a, b) for a, row in enumerate(rows) for b, _ in row} == {pair for pair, n in pairs.items() if n >= 2}
    for a, row in enumerate(rows):
        for b, value in row:
            chance = times[a] * times[b]
            expected = pairs[a, b] / np.sqrt(chance) if score == "cosine" else pairs[a, b] * len(kept) / chance
            assert value == pytest.approx(expected, rel=1e-5)


def test_lift_puts_what_is_rare_apart_first() -> None:
    """Bread lies in every basket, so it goes with everything and says little."""
    rows = [(user, BREAD, 0, 1.0) for user in range(12)]
    rows += [(user, item, 0, 1.0) for user in range(4) for item in (BUTTER, WINE)]
    rows += [(user, BUTTER, 0, 1.0) for user in (4, 5)]
    data = interactions(rows, (12, 4))
    assert items_of(bought_together(data, config(score="lift")))[BUTTER] == [WINE, BREAD]


def test_rare_pairs_and_bulk_buyers_count_for_nothing() -> None:
    rows = [(user, item, 0, 1.0) for user in range(4) for item in (BREAD, BUTTER)]
    rows += [(4, item, 0, 1.0) for item in range(4)]
    data = interactions(rows, (5, 4))
    assert items_of(bought_together(data, config(min_baskets=2))) == [[BUTTER], [BREAD], [], []]
    assert items_of(bought_together(data, config(max_basket=3))) == [[BUTTER], [BREAD], [], []]


def test_threads_and_the_number_listed_change_nothing_else() -> None:
    data = random_interactions()
    one, two = (bought_together(data, config(num_threads=n)) for n in (1, 2))
    assert as_rows(one) == as_rows(two)
    assert items_of(bought_together(data, config(k=2))) == [row[:2] for row in items_of(one)]


def test_no_interactions_are_no_lists() -> None:
    assert items_of(bought_together(interactions([], (2, 3)), config())) == [[], [], []]

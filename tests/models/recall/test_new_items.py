from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.recall.new_items import NewItems, NewItemsConfig
from models.types import Catalogue, Interactions, Lists
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of

NEW, OLD, NONE = 1, 90, -1


def known(ages: list[int], rates: list[float] | None = None, **groups: np.ndarray) -> Catalogue:
    return Catalogue(
        groups=groups,
        ages=np.array(ages, np.int32),
        rates=None if rates is None else np.array(rates, np.float32),
    )


def fitted(data: Interactions, catalogue: Catalogue, repeats: bool = True, seed: int = 1, **settings: Any) -> NewItems:
    return NewItems(NewItemsConfig(**settings), repeats=repeats, seed=seed).fit(data, catalogue)


NOTHING = interactions([], (50, 10))


class TestNewItems(ChannelConformance):
    channel = "new_items"
    listless_cold = False
    lists_untaken = True

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        self.assert_own_item_first(lists, n)

    def test_the_best_rates_first_and_nothing_old(self) -> None:
        catalogue = known([NEW, OLD, NEW, NONE, NEW, 14], [0.1, 0.9, 0.3, 0.9, 0.2, 0.05])
        channel = fitted(interactions([], (2, 6)), catalogue, untried=0)
        assert items_of(channel.recall(np.arange(2), 9)) == [[2, 4, 0, 5]] * 2

    def test_without_exposures_takings_a_day_are_the_rate(self) -> None:
        rows = [(u, 0, 0, 1.0) for u in range(6)] + [(u, 1, 0, 1.0) for u in range(6)] + [(0, 2, 0, 1.0)]
        channel = fitted(interactions(rows, (6, 3)), known([9, 2, 2]), untried=0)
        assert items_of(channel.recall(np.array([0]), 3)) == [[1, 0, 2]]

    def test_an_item_of_unknown_age_is_as_old_as_its_first_taking(self) -> None:
        data = interactions([(0, 0, 3, 1.0), (0, 1, 3, 1.0), (0, 1, 20, 1.0)], (1, 3))
        assert items_of(fitted(data, Catalogue()).recall(np.array([0]), 3)) == [[0]]

    def test_users_get_new_items_of_their_groups_first(self) -> None:
        groups = {"category": np.array([0, 1, 0, 1], np.int32)}
        data = interactions([(0, 2, 0, 1.0), (1, 3, 0, 1.0)], (3, 4))
        channel = fitted(data, known([NEW, NEW, OLD, OLD], [0.1, 0.12, 0.1, 0.1], **groups), untried=0)
        assert items_of(channel.recall(np.arange(3), 4)) == [[0, 1], [1, 0], [1, 0]]

    def test_every_fifth_place_is_an_untried_item_and_scores_tell_places(self) -> None:
        rows = [(u, i, 0, 1.0) for u in range(5) for i in range(12)]
        channel = fitted(interactions(rows, (6, 30)), known([NEW] * 30, [0.2] * 30), explore=0.2, untried=5)
        row = as_rows(channel.recall(np.array([5]), 20))[0]
        assert [n for n, (item, _) in enumerate(row) if item >= 12] == [4, 9, 14, *range(15, 20)]
        assert [score for _, score in row[:15]] == pytest.approx([1 / n for n in range(1, 16)])

    @pytest.mark.parametrize("explore", [0.0, 1.0])
    def test_the_quota_may_be_nothing_or_all(self, explore: float) -> None:
        rows = [(u, i, 0, 1.0) for u in range(5) for i in range(4)]
        channel = fitted(interactions(rows, (5, 8)), known([NEW] * 8, [0.2] * 8), explore=explore)
        first = items_of(channel.recall(np.array([0]), 4))[0]
        assert {item >= 4 for item in first} == {explore == 1.0}

    def test_untried_items_are_drawn_anew_for_users_and_days_and_by_their_rates(self) -> None:
        def drawn(ages: list[int], seed: int = 1) -> list[int]:
            channel = fitted(NOTHING, known(ages, [0.4, *[0.1] * 9]), seed=seed)
            return [row[0] for row in items_of(channel.recall(np.arange(50), 1))]

        today = drawn([NEW] * 10)
        assert len(set(today)) > 5 and today == drawn([NEW] * 10)
        assert today != drawn([NEW + 1] * 10) and today != drawn([NEW] * 10, seed=2)
        draws = [item for seed in range(20) for item in drawn([NEW] * 10, seed)]
        assert draws.count(0) / len(draws) == pytest.approx(0.4 / 1.3, abs=0.06)

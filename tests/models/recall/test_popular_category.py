from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from models.types import Catalogue, Lists
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of

GROUPS = {"category": np.array([0, 0, 0, 1, 1, -1], np.int32)}


class TestPopularCategory(ChannelConformance):
    channel = "popular_category"
    settings: ClassVar[dict[str, Any]] = {"num_threads": 2}
    indispensable = frozenset({"groups"})

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        self.assert_own_item_first(lists, n)

    def test_scores_by_hand(self) -> None:
        data = interactions([(0, 0, 0, 9), (0, 3, 60, 1), (1, 1, 0, 1), (1, 1, 14, 1), (2, 5, 0, 1)], (4, 6))
        settings = {"affinity_days": 60, "half_life_days": 14, "weights": {"category": 2}}
        channel = self.make(**settings).fit(data, Catalogue(groups=GROUPS))
        rows = [dict(row) for row in as_rows(channel.recall(np.arange(4), 6))]
        liked, other = 1.0, 0.5
        assert rows[0] == pytest.approx({0: 2 * liked, 1: 2 * liked * 1.5, 3: 2 * other * 2 ** (-60 / 14)})
        twice = 1 + 2 ** (-14 / 60)
        assert rows[1] == pytest.approx({0: 2 * twice, 1: 2 * twice * 1.5})
        assert rows[2:] == [{}, {}], "an item without a category, and no item at all"

    def test_kinds_of_groups_add_up(self) -> None:
        data = interactions([(0, 0, 0, 1), (1, 1, 0, 1), (1, 2, 0, 1)], (2, 6))
        groups = GROUPS | {"brand": np.array([0, 0, 1, 1, 1, -1], np.int32)}
        row = dict(as_rows(self.make().fit(data, Catalogue(groups=groups)).recall(np.array([0]), 6))[0])
        weights = self.make().config.weights
        assert row == pytest.approx(
            {0: weights.category + weights.brand, 1: weights.category + weights.brand} | {2: weights.category}
        )

    def test_only_the_preferred_groups_and_their_best_items(self) -> None:
        rows = [(0, 0, 0, 1.0), (0, 0, 1, 1.0), (0, 3, 0, 1.0), (1, 1, 0, 1.0), (1, 2, 30, 1.0), (1, 4, 0, 1.0)]
        few = self.make(groups=1, items=2).fit(interactions(rows, (2, 6)), Catalogue(groups=GROUPS))
        assert items_of(few.recall(np.array([0]), 6)) == [[0, 1]]

    def test_a_group_of_which_all_items_are_says_nothing(self) -> None:
        known = Catalogue(groups={"category": np.full(6, 3, np.int32), "brand": np.full(6, -1, np.int32)})
        assert items_of(self.make().fit(interactions([(0, 0, 0, 1.0)], (1, 6)), known).recall(np.array([0]), 6)) == [[]]

from __future__ import annotations

import numpy as np
import pytest

from models.types import Catalogue, Lists
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of

BRANDS = Catalogue(
    groups={"brand": np.array([0, 0, 0, 1, 1, -1], np.int32)}, ages=np.array([9, 5, 1, 0, 0, 0], np.int32)
)
# User 0 came back to brand 0, user 1 took one item of it.
DATA = interactions([(0, 0, 0, 1), (0, 1, 60, 1), (0, 3, 0, 7), (1, 1, 0, 1), (1, 5, 0, 1), (1, 5, 1, 1)], (3, 6))


class TestFollowed(ChannelConformance):
    channel = "followed"
    indispensable = frozenset({"groups"})

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        self.assert_own_item_first(lists, n)

    def test_items_of_brands_that_the_user_came_back_to(self) -> None:
        rows = as_rows(self.make(half_life_days=14).fit(DATA, BRANDS).recall(np.arange(3), 6))
        assert rows[1:] == [[], []], "one day with a brand, and none"
        assert dict(rows[0]) == pytest.approx({0: 1.5, 1: 1.5 * (1 + 2 ** (-60 / 14))})
        assert items_of(self.make(min_days=1).fit(DATA, BRANDS).recall(np.array([1]), 6)) == [[1, 0]]

    def test_the_newest_first(self) -> None:
        newest = self.make(order="newest").fit(DATA, BRANDS)
        assert items_of(newest.recall(np.array([0]), 6)) == [[2, 1, 0]]
        old = self.make(order="newest").fit(DATA, Catalogue(groups=BRANDS.groups))
        assert items_of(old.recall(np.array([0]), 6)) == [[1, 0]], "no age is known: by popularity"

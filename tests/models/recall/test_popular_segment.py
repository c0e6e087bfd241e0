from __future__ import annotations

import numpy as np
import pytest

from models.recall.popular_segment import PopularSegment, PopularSegmentConfig
from models.types import Catalogue, Lists
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of

NONE = -1


def codes(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


class TestPopularSegment(ChannelConformance):
    channel = "popular_segment"
    indispensable = frozenset({"segments"})

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        self.assert_own_item_first(lists, n)

    def test_shares_by_hand(self) -> None:
        data = interactions([(0, 0, 0, 1), (0, 1, 7, 1), (1, 0, 0, 5), (2, 1, 0, 1)], (5, 3))
        known = Catalogue(segments={"city": codes(0, 0, 1, 1, NONE), "age": codes(0, 1, NONE, NONE, NONE)})
        channel = PopularSegment(PopularSegmentConfig(half_life_days=7, shrinkage=2), repeats=True, seed=1)
        rows = as_rows(channel.fit(data, known).recall(np.arange(5), 3))
        prior = 2 * np.array([2, 1.5]) / 3.5
        city = [(np.array([2, 0.5]) + prior) / 4.5, (np.array([0, 1]) + prior) / 3]
        age = [(np.array([1, 0.5]) + prior) / 3.5, (np.array([1, 0]) + prior) / 3]
        for row, expected in zip(rows, [city[0] + age[0], city[0] + age[1], 2 * city[1], 2 * city[1]], strict=False):
            assert dict(row) == pytest.approx(dict(enumerate(expected / 2)), rel=1e-5)
        assert rows[4] == [], "without a profile"

    def test_a_user_without_a_past_gets_the_segment_s(self) -> None:
        rows = [(u, u % 2, 0, 1.0) for u in range(20)]
        known = Catalogue(segments={"city": np.arange(22, dtype=np.int32) % 2})
        channel = self.make(shrinkage=1).fit(interactions(rows, (22, 2)), known)
        assert items_of(channel.recall(np.array([20, 21]), 1)) == [[0], [1]]

    def test_a_small_segment_is_drawn_to_everyone(self) -> None:
        """One user of a city took item 1 once, twenty others item 0."""
        rows = [(u, 0, 0, 1.0) for u in range(20)] + [(20, 1, 0, 1.0)]
        known = Catalogue(segments={"city": codes(*[0] * 20, 1)})
        trusting, sceptical = (
            self.make(shrinkage=s).fit(interactions(rows, (21, 2)), known).recall(np.array([20]), 1) for s in (0.1, 50)
        )
        assert (items_of(trusting), items_of(sceptical)) == ([[1]], [[0]])

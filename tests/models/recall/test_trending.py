from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from models.types import Lists
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of


class TestTrending(ChannelConformance):
    channel: ClassVar[str] = "trending"
    listless_cold = False
    half_life_hours: ClassVar[float] = 24.0

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        """All items are equally popular: the first that the user did not take."""
        assert [row[0] for row in items_of(lists)] == [0, *([0, 1] * n)][:n]

    def test_scores_by_hand(self) -> None:
        data = interactions([(0, 2, 0, 9), (0, 2, 2, 1), (1, 1, 0, 1), (2, 1, 0, 1), (2, 0, 1, 1)], (4, 5))
        data = replace(data, hours=np.array([0, 48, 6, 12, 24], np.int32))
        halves = np.exp2(-np.array([0, 48, 6, 12, 24]) / self.half_life_hours)
        expected = {2: halves[0] + halves[1], 1: halves[2] + halves[3], 0: halves[4]}
        for row in as_rows(self.recall(data, 5)):
            assert dict(row) == pytest.approx(expected)

    def test_the_last_hours_of_a_day_outweigh_its_first(self) -> None:
        """Three took item 0 in the morning of the day, two item 1 in its evening."""
        data = interactions([(u, int(u > 2), 0, 1.0) for u in range(5)], (6, 2))
        data = replace(data, hours=np.array([18, 18, 18, 0, 0], np.int32))
        assert items_of(self.recall(data, 2))[5] == [1, 0] if self.channel == "hot" else [0, 1]


class TestHot(TestTrending):
    channel = "hot"
    half_life_hours = 6.0

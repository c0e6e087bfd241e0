import numpy as np
import pytest

from models.types import Lists
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of, random_interactions


class TestBuyAgain(ChannelConformance):
    channel = "buy_again"
    uses_repeats_only = True

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        """All of the user's items weigh the same: the first of the user's colour, the diagonal left out."""
        assert [row[0] for row in items_of(lists)] == [2, 3, *([0, 1] * n)][:n]

    def test_scores_by_hand(self) -> None:
        data = interactions([(0, 0, 0, 1), (0, 1, 0, 1), (0, 1, 60, 4), (0, 2, 120, 2), (1, 2, 0, 5)], (3, 3))
        row, other, cold = as_rows(self.recall(data, 3))
        assert row == [(1, pytest.approx(3.0)), (0, pytest.approx(1.0)), (2, pytest.approx(0.5))]
        assert (other, cold) == ([(2, 5.0)], [])

    def test_without_repeats_there_is_nothing_to_list(self) -> None:
        assert items_of(self.make(repeats=False).fit(random_interactions()).recall(np.arange(60), 5)) == [[]] * 60

import numpy as np
import pytest

from models.recall.base import canonical
from models.recall.buy_again import repeat_lift
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
        row, other, cold = as_rows(self.make(repeat_power=0).fit(data).recall(np.arange(3), 3))
        assert row == [(1, pytest.approx(3.0)), (0, pytest.approx(1.0)), (2, pytest.approx(0.5))]
        assert (other, cold) == ([(2, 5.0)], [])

    def test_items_that_users_come_back_to_stand_above_those_taken_once(self) -> None:
        """Of 7 users' items 4 were taken again: all of the four of item 1, none of the three of item 0."""
        again = [(u, 1, age, 1) for u in range(4) for age in (0, 9)]
        data = canonical(interactions([*again, *((u, 0, 0, 1) for u in range(3))], (9, 3)))
        mean = 4 / 7
        lift = [10 / 13, (4 / mean + 10) / 14, 1.0]
        assert repeat_lift(data) == pytest.approx(lift)
        row = dict(as_rows(self.make(repeat_power=0.5, half_life_days=9).fit(data).recall(np.array([0]), 3))[0])
        assert row == pytest.approx({0: lift[0] ** 0.5, 1: 1.5 * lift[1] ** 0.5})
        assert repeat_lift(interactions([(0, 0, 0, 1)], (1, 2))).tolist() == [1, 1], "nobody took anything again"

    def test_without_repeats_there_is_nothing_to_list(self) -> None:
        assert items_of(self.make(repeats=False).fit(random_interactions()).recall(np.arange(60), 5)) == [[]] * 60

import numpy as np
import pytest

from models.recall.popular import popular_items
from models.types import Lists
from tests.models.recall.conformance import (
    ChannelConformance,
    as_rows,
    interactions,
    items_of,
    random_interactions,
)


class TestPopular(ChannelConformance):
    channel = "popular"
    listless_cold = False

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        """All items are equally popular: the first that the user did not take."""
        assert [row[0] for row in items_of(lists)] == [0, *([0, 1] * n)][:n]

    def test_scores_by_hand(self) -> None:
        data = interactions([(0, 2, 0, 9), (0, 2, 7, 1), (1, 1, 0, 1), (2, 1, 0, 1), (2, 0, 14, 1)], (4, 5))
        codes, scores = popular_items(data, 7.0, 10)
        assert codes.tolist() == [1, 2, 0]
        assert scores.tolist() == [2.0, 1.5, 0.25]
        assert codes.dtype == np.int32
        assert scores.dtype == np.float32
        assert popular_items(data, 7.0, 2)[0].tolist() == [1, 2]
        assert popular_items(data, float("inf"), 10)[1].tolist() == [2.0, 2.0, 1.0]

    def test_every_user_gets_the_popular_list(self) -> None:
        data = random_interactions()
        codes, scores = popular_items(data, 7.0, 10)
        for row in as_rows(self.recall(data, 10)):
            assert row == list(zip(codes.tolist(), scores.tolist(), strict=True))

    def test_a_stranger_is_given_what_a_user_without_a_past_is(self) -> None:
        data = random_interactions()
        channel = self.fitted(data, repeats=False)
        codes, scores = channel.shared(10)
        assert [codes.tolist(), scores.tolist()] == [part.tolist() for part in popular_items(data, 7.0, 10)]
        with pytest.raises(RuntimeError, match="call fit before shared"):
            self.make().shared(10)

    @pytest.mark.parametrize("k", [1, 3, 30])
    def test_without_repeats_the_rest_keeps_its_order(self, k: int) -> None:
        data = random_interactions()
        order = popular_items(data, 7.0, 1000)[0].tolist()
        taken = [set(data.items[data.users == user].tolist()) for user in range(data.shape[0])]
        expected = [[item for item in order if item not in taken[user]][:k] for user in range(data.shape[0])]
        assert items_of(self.recall(data, k, repeats=False)) == expected

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from pyspark.sql import SparkSession

from models.recall.als import ALS, ALSConfig
from models.types import Interactions
from tests.models.recall.conformance import (
    ChannelConformance,
    as_rows,
    checkerboard,
    interactions,
    items_of,
    random_interactions,
)


class TestALS(ChannelConformance):
    channel = "als"
    settings: ClassVar[dict[str, Any]] = {"factors": 8, "regularization": 1.0, "num_threads": 2}

    def test_threads_do_not_change_the_result(self) -> None:
        data = random_interactions(users=200, items=300, rows=6000)
        one, two = (self.make(num_threads=n, factors=32).fit(data).recall(np.arange(200), 50) for n in (1, 2))
        assert as_rows(one) == as_rows(two)

    def test_scores_agree_with_the_factors(self) -> None:
        channel = self.make().fit(random_interactions())
        assert isinstance(channel, ALS)
        row = as_rows(channel.recall(np.array([3]), 90))[0]
        expected = channel._user_factors[3] @ channel._item_factors.T
        assert [score for _, score in row] == pytest.approx([expected[item] for item, _ in row], rel=1e-4)
        assert len(row) == np.count_nonzero(expected > 0)

    def test_recent_days_count_more(self) -> None:
        """Users 0..19 bridge two groups of items; user 40 took one item of each group, long ago and today."""
        rows = [(u, i, 0, 1.0) for u in range(20) for i in range(10)]
        rows += [(u, i, 0, 1.0) for u in range(20, 40) for i in range(10, 20)]
        rows += [(40, 0, 90, 1.0), (40, 10, 0, 1.0)]
        lists = self.make(repeats=False, half_life_days=10).fit(interactions(rows, (41, 20))).recall(np.array([40]), 9)
        assert set(items_of(lists)[0]) == set(range(11, 20))


@pytest.mark.usefixtures("spark")
class TestALSOfSpark:
    """The same contract with Spark MLlib's solver; whatever isn't its own is tested above."""

    settings: ClassVar[dict[str, Any]] = {"backend": "spark", "factors": 4, "iterations": 2, "regParam": 0.05}

    def fitted(self, data: Interactions) -> ALS:
        return ALS(ALSConfig(**self.settings, numBlocks=1), repeats=False, seed=7).fit(data)

    def test_recommends_the_checkerboard_with_the_same_bytes_again_and_nothing_to_cold_users(self) -> None:
        n, board = 10, checkerboard(10)
        data = replace(board, shape=(n + 1, n + 1))
        first, again = (self.fitted(data).recall(np.arange(n + 1), 3) for _ in range(2))
        rows = items_of(first)
        assert [row[:1] for row in rows] == [*([item] for item in range(n)), []]
        assert all(item < n for row in rows for item in row), "an item that nobody took"
        assert as_rows(first) == as_rows(again)

    def test_without_a_session_there_is_one_clear_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(SparkSession, "getActiveSession", classmethod(lambda cls: None))  # noqa: ARG005
        with pytest.raises(RuntimeError, match="needs an active Spark session"):
            self.fitted(checkerboard(4))

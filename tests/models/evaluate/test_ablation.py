from __future__ import annotations

import numpy as np

from models.evaluate.ablation import of_features, without_channel
from models.rank.base import Samples

NAN = np.nan
NAMES = ("item_a", "als_score", "als_rank", "popular_rank", "fused_rank")
X = np.array([[1, 9, 1, 2, 1], [2, 8, 2, NAN, 2], [3, NAN, NAN, 1, 3]], np.float32)
SAMPLES = Samples(X, np.array([1.0, 0, 1]), np.ones(3, np.float32), np.array([0, 0, 1]), NAMES)


def test_without_a_channel_neither_its_evidence_nor_what_it_alone_recalled_is_left() -> None:
    found = without_channel(SAMPLES, ["als", "popular"], "als")
    assert found.names == ("item_a", "popular_rank")
    assert found.X.tolist() == [[1, 2], [3, 1]]
    assert (found.y.tolist(), found.fold.tolist()) == ([1, 1], [0, 1])


def test_features_can_be_chosen() -> None:
    found = of_features(SAMPLES, ["popular_rank", "item_a"])
    assert found.names == ("popular_rank", "item_a") and np.array_equal(found.X, X[:, [3, 0]], equal_nan=True)

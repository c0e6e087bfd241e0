from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

from models.rank.fm import pair_scores
from models.rank.lr import Lr
from models.rank.metrics import auc, log_loss
from tests.models.rank.conformance import RankerConformance, make_samples

NAMES = ("x", "y", "city", "hour")


def crossed(seed, rows=6000):
    """Two numbers that count only together, and cities that like hours by two hidden traits."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 4)).astype(np.float32)
    X[:, 2], X[:, 3] = random.integers(0, 20, rows), random.integers(0, 12, rows)
    traits = np.random.default_rng(9).normal(size=(20 + 12, 2))
    liking = (traits[X[:, 2].astype(int)] * traits[20 + X[:, 3].astype(int)]).sum(axis=1)
    y = (random.random(rows) < expit(1.5 * X[:, 0] * X[:, 1] + 1.5 * liking)).astype(float)
    return X, y, np.ones(rows, np.float32), np.zeros(rows, int), NAMES, np.arange(rows) // 10


class TestFm(RankerConformance):
    name = "fm"
    config: ClassVar = {"epochs": 4}

    def test_learns_the_pairs_that_a_regression_cannot(self):
        codes = {"ids": ["city", "hour"]}
        fitted = self.new(epochs=15, learning_rate=0.02, **codes).fit(*crossed(0))
        line = Lr(Lr.Config(**codes), seed=1).fit(*crossed(0))
        X, y, *_ = crossed(1)
        assert auc(y, fitted.predict(X)) > 0.75 > 0.6 > auc(y, line.predict(X))
        assert log_loss(y, fitted.predict(X)) < log_loss(y, line.predict(X)) - 0.08

    def test_is_the_regression_where_pairs_say_nothing(self):
        samples, fresh = make_samples(), make_samples(seed=1)
        fitted, line = (ranker.fit(**samples.arguments()) for ranker in (self.new(), Lr(Lr.Config(), seed=1)))
        assert auc(fresh.y, fitted.predict(fresh.X)) > auc(fresh.y, line.predict(fresh.X)) - 0.002
        assert log_loss(fresh.y, fitted.predict(fresh.X)) < log_loss(fresh.y, line.predict(fresh.X)) + 0.002

    def test_an_epoch_that_helps_nobody_held_out_is_not_kept(self):
        samples = make_samples()
        noise = np.random.default_rng(3).integers(0, 2, len(samples.y)).astype(float)
        fitted = self.new(learning_rate=0.5).fit(**samples.arguments(y=noise))
        assert not np.any(fitted._machine.vectors)


def test_pair_scores_equal_the_sum_over_pairs():
    random = np.random.default_rng(1)
    x, v = random.normal(size=(3, 5)), random.normal(size=(5, 2))
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    expected = [sum(row[i] * row[j] * (v[i] @ v[j]) for i, j in pairs) for row in x]
    assert np.allclose(pair_scores(csr_matrix(x), v), expected)

import numpy as np
import pytest

from models.rank.linear import split_labels
from models.rank.lr import standardise
from tests.models.rank.conformance import NAMES, RankerConformance, make_samples


class TestLr(RankerConformance):
    name = "lr"

    def test_scores_as_documented(self):
        samples = make_samples()
        ranker = self.new().fit(**samples.arguments())
        model = ranker._model
        x = np.array([[1.0, np.nan, -2.0]], np.float32)
        logit = model.intercept + model.missing_weights[1]
        logit += sum(model.weights[i] * (x[0, i] - model.means[i]) / model.scales[i] for i in (0, 2))
        assert ranker.predict(x)[0] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-6)

    def test_units_of_a_feature_do_not_matter(self):
        samples = make_samples()
        scaled = samples.X * np.array([1000, 1, 0.001], np.float32) + np.array([5, 0, 0], np.float32)
        one = self.new().fit(**samples.arguments()).predict(samples.X)
        other = self.new().fit(**samples.arguments(X=scaled)).predict(scaled)
        assert np.allclose(one, other, atol=1e-3)

    def test_missing_can_carry_the_signal(self):
        y = np.tile([0.0, 1.0], 500)
        X = np.zeros((1000, 3), np.float32)
        X[:, 0] = np.where(y > 0, np.nan, 4)
        X[:, 1] = np.nan
        p = self.new().fit(X, y, np.ones(1000), np.zeros(1000, int), NAMES).predict(X)
        assert p[y > 0].min() > 0.9 and p[y == 0].max() < 0.1


def test_standardise_by_hand():
    X = np.array([[3, np.nan], [1, 5]], np.float32)
    assert np.array_equal(standardise(X, [1.0, 4.0], [2.0, 1.0]), [[1, 0, 0, 1], [0, 1, 0, 0]])


def test_standardise_cuts_wild_values():
    X = np.array([[-3e38, 3e38]], np.float32)
    assert standardise(X, [0.0, 0.0], [0.001, 1.0]).tolist() == [[-20, 20, 0, 0]]


def test_split_labels_by_hand():
    rows, labels, weights = split_labels(np.array([1, 0.25, 0]), np.array([2.0, 4.0, 1.0]))
    assert rows.tolist() == [0, 1, 1, 2] and labels.tolist() == [1, 1, 0, 0] and weights.tolist() == [2, 1, 3, 1]

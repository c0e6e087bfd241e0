import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.rank.base import Samples
from models.rank.linear import fit_logistic
from models.rank.metrics import auc
from tests.models.rank.conformance import NAMES, RankerConformance, make_samples


class TestLr(RankerConformance):
    name = "lr"

    def test_scores_as_documented(self):
        samples = make_samples()
        model = self.new().fit(**samples.arguments())._model
        x = np.array([[1.0, np.nan, -2.0]], np.float32)
        steps = model.columns.steps
        levels = [one.levels[int(one.codes(x[:, place])[0])] for place, one in enumerate(steps) if place != 1]
        logit = model.intercept + model.weights[0] * levels[0] + model.weights[2] * levels[1] + model.weights[3 + 1]
        assert model.scores(x)[0] == pytest.approx(logit, rel=1e-12)
        assert model.scores(x)[0] == pytest.approx((model.columns.design(x) @ model.weights)[0] + model.intercept)

    def test_tails_do_not_matter(self):
        """Counts that grow by factors do as well as their logarithms."""
        samples = make_samples()
        long = np.exp(3 * samples.X + 10)
        p = self.new().fit(**samples.arguments(X=long)).predict(long)
        assert auc(samples.y, p) > 0.9

    def test_missing_can_carry_the_signal(self):
        y = np.tile([0.0, 1.0], 500)
        X = np.zeros((1000, 3), np.float32)
        X[:, 0] = np.where(y > 0, np.nan, 4)
        X[:, 1] = np.nan
        p = self.new(C=0.1).fit(X, y, np.ones(1000), np.zeros(1000, int), NAMES).predict(X)
        assert p[y > 0].min() > 0.9 and p[y == 0].max() < 0.1

    def test_ids_and_crosses_learn_what_no_line_can(self):
        """One id of four is liked, whose code lies between others; and one pair of a checkerboard."""
        random = np.random.default_rng(1)
        X = random.integers(0, 4, (4000, 3)).astype(np.float32)
        one, both = (X[:, 0] == 2).astype(float), ((X[:, 1] > 1) ^ (X[:, 2] > 1)).astype(float)
        rest = np.ones(4000, np.float32), np.zeros(4000, int), NAMES
        config = {"ids": ["signal"], "crosses": [["counter", "noise"]], "C": 1.0}
        for y in (one, both):
            assert ((self.new(**config).fit(X, y, *rest).predict(X) > 0.5) == y).all()
            assert ((self.new(C=1.0).fit(X, y, *rest).predict(X) > 0.5) == y).mean() < 0.8


def test_fit_logistic_equals_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    samples = make_samples()
    design, weight = np.nan_to_num(samples.X), np.random.default_rng(1).uniform(0.5, 2, len(samples.y))
    weights, intercept = fit_logistic(design, samples.y, weight, C=0.01)
    peer = LogisticRegression(C=0.01, tol=1e-8).fit(design, samples.y, weight / weight.mean())
    assert np.allclose(weights, peer.coef_[0], atol=1e-3) and intercept == pytest.approx(peer.intercept_[0], abs=1e-3)


def test_blocks_side_by_side_are_one_design():
    samples = make_samples()
    design, ones = np.nan_to_num(samples.X), np.ones(len(samples.y))
    weights, intercept = fit_logistic([design[:, :1], csr_matrix(design[:, 1:])], samples.y, ones, C=0.01)
    whole, same = fit_logistic(design, samples.y, ones, C=0.01)
    assert np.allclose(weights, whole, atol=1e-6) and intercept == pytest.approx(same, abs=1e-6)


def test_an_offset_counts_as_given():
    samples = make_samples()
    design, ones = np.nan_to_num(samples.X), np.ones(len(samples.y))
    weights, intercept = fit_logistic(design, samples.y, ones, C=1e3)
    rest, left = fit_logistic(design, samples.y, ones, C=1e3, offset=design @ weights + intercept)
    assert np.abs([*rest, left]).max() < 1e-2


def test_fractional_labels_are_shares_of_both():
    y = np.full(8, 0.25)
    _, intercept = fit_logistic(np.zeros((8, 1)), y, np.ones(8), C=1.0)
    assert 1 / (1 + np.exp(-intercept)) == pytest.approx(0.25, abs=1e-4)


def test_samples_keep_their_lists():
    samples = make_samples()
    some = Samples(**vars(samples), names=NAMES).where(samples.y > 0)
    assert some.group is not None and len(some.group) == samples.y.sum()

import json

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from models.rank import trees
from models.rank.base import Samples
from models.rank.gbdt import Gbdt
from models.rank.gbdt_lr import GbdtLr, leaf_design, own_leaves_design
from models.rank.lr import Lr
from models.rank.metrics import auc, log_loss
from models.rank.tree_text import leaf_values
from tests.models.rank.conformance import RankerConformance, make_samples
from tests.models.rank.test_gbdt import QUICK

CODED = ("a", "b", "line", "wave", "city", "hour")


def coded(seed, rows=8000, size=20):
    """A line, a wave, and what no cut of codes finds at once: one of 40 cities is liked at one of six hours."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 6)).astype(np.float32)
    X[:, 4], X[:, 5] = random.integers(0, 40, rows), random.integers(0, 6, rows)
    liked = (X[:, 4] * 7 + X[:, 5] * 11) % 5 == 0
    score = X[:, 0] * X[:, 1] + X[:, 2] + np.sin(2 * X[:, 3]) + 2 * liked - 1.5
    y = (random.random(rows) < expit(score)).astype(float)
    return Samples(X, y, np.ones(rows, np.float32), np.zeros(rows, int), CODED, np.arange(rows) // size)


def fit(ranker, samples):
    return ranker.fit(samples.X, samples.y, samples.weight, samples.fold, samples.names, samples.group)


class TestGbdtLr(RankerConformance):
    name = "gbdt_lr"
    config = QUICK

    def coded(self, **config):
        return fit(self.new(ids=["city"], crosses=[["city", "hour"]], min_rows=5, C=0.01, **config), coded(0))

    def test_folded_trees_equal_scikit_learn_on_one_hot_leaves(self):
        """The whole score by scikit-learn from leaves, levels and codes, with the offset as a column of weight 1."""
        ranker, fresh = self.coded(), coded(1).X
        correction, X = ranker._correction, fresh
        leaves = trees.leaf_indices(ranker._booster, X, 1)
        start, columns, weights = 0, [], []
        for values, own in zip(correction.tree_leaf_values, correction.leaf_weights, strict=True):
            for tree, outputs in enumerate(values):
                one_hot = np.eye(len(outputs))[leaves[:, start + tree]] / len(correction.leaf_weights)
                columns += [one_hot @ outputs * correction.share, one_hot]
                weights += [1.0, *own[tree]]
            start += len(values)
        columns.append(correction.linear.columns.design(X).toarray())
        lr = LogisticRegression()
        lr.classes_ = np.array([0.0, 1.0])
        lr.coef_, lr.intercept_ = np.array([[*weights, *correction.linear.weights]]), [correction.linear.intercept]
        expected = lr.predict_proba(np.column_stack(columns))[:, 1]
        assert np.abs(ranker.predict(X) - expected).max() < 1e-9
        assert np.abs(ranker.predict(X) - ranker.predict_unfolded(X)).max() < 1e-9

    def test_beats_its_trees_and_the_regression(self):
        fresh = coded(1)
        hybrid, alone = self.coded(), fit(Gbdt(trees.TreeConfig(**QUICK), seed=1), coded(0))
        line = fit(Lr(Lr.Config(ids=["city"], crosses=[["city", "hour"]], min_rows=5), seed=1), coded(0))
        assert auc(fresh.y, hybrid.predict(fresh.X)) > auc(fresh.y, alone.predict(fresh.X)) + 0.01
        assert log_loss(fresh.y, hybrid.predict(fresh.X)) < log_loss(fresh.y, alone.predict(fresh.X)) - 0.01
        assert auc(fresh.y, hybrid.predict(fresh.X)) > auc(fresh.y, line.predict(fresh.X)) + 0.01

    def test_scores_are_one_prediction_by_trees_and_the_codes(self):
        ranker, X = self.coded(), coded(1).X
        by_trees = np.asarray(ranker._booster.predict(X, raw_score=True))
        assert np.allclose(logit(ranker.predict(X)), by_trees + ranker._correction.linear.code_scores(X), atol=1e-9)
        forests = sum(ranker._correction.forests)
        assert forests < ranker._booster.num_trees() <= forests + len(CODED)

    def test_without_evidence_the_hybrid_is_its_trees(self):
        """A penalty that silences the regression leaves the given share of the mean of the forests."""
        ranker, fresh = self.coded_plain(C=1e-9, share=1.0, deals=1), coded(1)
        part, bins = trees.deal(coded(0), 2, ranker.seed), trees.binned(coded(0), ranker.config)
        forests = [trees.fit_trees(coded(0), ranker.config, ranker.seed + n, rows=part != n, bins=bins) for n in (0, 1)]
        mean = np.mean([trees.raw_scores(forest, fresh.X, 1) for forest in forests], axis=0)
        assert np.allclose(logit(ranker.predict(fresh.X)), mean + ranker._correction.linear.intercept, atol=1e-3)

    def coded_plain(self, **config):
        return fit(self.new(**config), coded(0))

    def test_deals_are_hybrids_of_their_own_and_their_mean_counts(self):
        ranker, X, parts = self.coded_plain(deals=2), coded(1).X, 2
        alone = [
            fit(GbdtLr(ranker.config.model_copy(update={"deals": 1}), seed=ranker.seed + deal * parts), coded(0))
            for deal in range(2)
        ]
        mean = np.mean([logit(one.predict(X)) for one in alone], axis=0)
        assert np.allclose(logit(ranker.predict(X)), mean, atol=1e-9)
        assert ranker._correction.forests == [*alone[0]._correction.forests, *alone[1]._correction.forests]

    def test_no_forest_sees_the_labels_of_its_own_part(self):
        samples = coded(0)
        part = trees.deal(samples, 2, 7)
        flipped = Samples(**{**vars(samples), "y": np.where(part == 0, 1 - samples.y, samples.y)})
        before, after = (fit(self.new(), one)._correction.tree_leaf_values for one in (samples, flipped))
        assert before[0] == after[0] and before[1] != after[1]

    def test_lr_rows_bounds_the_regression(self):
        ranker = self.coded_plain(lr_rows=400)
        assert auc(coded(1).y, ranker.predict(coded(1).X)) > 0.7
        drawn = ranker._draw(1000)
        assert len(drawn) == 400 and (np.diff(drawn) > 0).all()

    def test_features_that_say_nothing_give_the_mean(self):
        y = np.tile([0.0, 0.0, 0.0, 1.0], 400)
        X = np.zeros((len(y), 3), np.float32)
        ranker = self.new().fit(X, y, np.ones(len(y)), np.zeros(len(y), int), ("x", "y", "z"), np.arange(len(y)) // 8)
        assert np.allclose(ranker.predict(X), 0.25, atol=1e-3)
        assert np.allclose(ranker.predict(X), ranker.predict_unfolded(X), atol=1e-9)

    @pytest.mark.parametrize(
        ("change", "place"), [("leaf_weights", (0, 0, 0)), ("tree_leaf_values", (1, 0, 0)), ("linear", ("intercept",))]
    )
    def test_load_refuses_files_of_different_models(self, tmp_path, change, place):
        samples = make_samples()
        self.new(num_iterations=3).fit(**samples.arguments()).save(tmp_path)
        path = tmp_path / "lr.json"
        record = json.loads(path.read_text())
        part = record[change]
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] += 0.5
        path.write_text(json.dumps(record))
        with pytest.raises(ValueError, match="belong to different models"):
            GbdtLr.load(tmp_path)

    def test_codes_survive_saving(self, tmp_path):
        ranker, X = self.coded(num_iterations=5), coded(1).X
        ranker.save(tmp_path)
        assert np.array_equal(GbdtLr.load(tmp_path).predict(X), ranker.predict(X))
        assert len(leaf_values(ranker._booster)) == ranker._booster.num_trees()


def test_leaf_design_by_hand():
    design = leaf_design(np.array([[1, 0], [0, 2]], np.int32), [2, 3]).toarray()
    assert design.tolist() == [[0, 1, 1, 0, 0], [1, 0, 0, 0, 1]]


def test_own_leaves_design_by_hand():
    """Rows of the parts 1, 0, 1; the forest of part 0 is a tree of two leaves, that of part 1 are trees of 2 and 3."""
    leaves = [np.array([[1]], np.int32), np.array([[0, 2], [1, 0]], np.int32)]
    design = own_leaves_design(np.array([1, 0, 1]), leaves, [[2], [2, 3]]).toarray()
    assert design.tolist() == [[0, 0, 1, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0]]

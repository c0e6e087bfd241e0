import json

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from models.rank import trees
from models.rank.base import Samples
from models.rank.gbdt_lr import LOGIT_SCALE, GbdtLr, GbdtLrConfig, leaf_design
from models.rank.metrics import auc, log_loss
from tests.models.rank.conformance import NAMES, RankerConformance, make_samples
from tests.models.rank.test_gbdt import QUICK


def with_drift(seed, rows=12_000):
    """Crossed features; in the newest of four folds, the base rate and the weight of one feature have moved."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 6)).astype(np.float32)
    fold = np.arange(rows) * 4 // rows
    new = fold == 3
    score = X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) - 1 + new * (0.5 * (X[:, 3] > 0) - 1)
    y = (random.random(rows) < expit(score)).astype(float)
    return X, y, np.ones(rows, np.float32), fold


class TestGbdtLr(RankerConformance):
    name = "gbdt_lr"
    config = QUICK

    def test_folded_trees_equal_scikit_learn_on_one_hot_leaves(self):
        """Fits the pieces by hand, as the paper draws them, and compares with what the ranker predicts."""
        X, y, weight, fold = with_drift(0)
        names = [f"f{i}" for i in range(6)]
        ranker = self.new().fit(X, y, weight, fold, names)
        old = fold < 3
        older = Samples(X, y, weight, fold, tuple(names)).where(old)
        booster = trees.fit_trees(older, ranker.config, ranker.seed)

        def design(rows):
            leaves = trees.leaf_indices(booster, rows, 1)
            counts = [len(values) for values in trees.leaf_values(booster)]
            one_hot = [np.eye(count)[leaves[:, tree]] for tree, count in enumerate(counts)]
            return np.column_stack([*one_hot, LOGIT_SCALE * trees.raw_scores(booster, rows, 1)])

        lr = LogisticRegression(C=ranker.config.C, tol=1e-6, max_iter=1000).fit(design(X[~old]), y[~old])
        fresh = with_drift(1)[0]
        assert np.abs(ranker.predict(fresh) - lr.predict_proba(design(fresh))[:, 1]).max() < 1e-3  # solver's tolerance
        lr.coef_ = np.array([[*np.concatenate(ranker._regression.leaf_weights), 0.0]])
        lr.coef_[0, -1] = ranker._regression.logit_weight / LOGIT_SCALE
        lr.intercept_ = np.array([ranker._regression.intercept])
        assert np.abs(ranker.predict(fresh) - lr.predict_proba(design(fresh))[:, 1]).max() < 1e-9
        assert np.abs(ranker.predict(fresh) - ranker.predict_unfolded(fresh)).max() < 1e-9

    def test_corrects_its_trees_towards_the_newest_fold(self):
        X, y, weight, fold = with_drift(0)
        names = [f"f{i}" for i in range(6)]
        hybrid = self.new().fit(X, y, weight, fold, names)
        older = Samples(X, y, weight, fold, tuple(names)).where(fold < 3)
        booster = trees.fit_trees(older, hybrid.config, hybrid.seed)
        X, y, _, fold = with_drift(1)
        X, y = X[fold == 3], y[fold == 3]
        alone = expit(booster.predict(X, raw_score=True))
        assert log_loss(y, hybrid.predict(X)) < log_loss(y, alone) - 0.02
        assert auc(y, hybrid.predict(X)) > auc(y, alone)

    def test_without_evidence_the_hybrid_is_its_trees_recalibrated(self):
        """A penalty that silences the leaves leaves the logit's weight standing: the score is a line in the trees'."""
        X, y, weight, fold = with_drift(0)
        hybrid = self.new(C=1e-4).fit(X, y, weight, fold, [f"f{i}" for i in range(6)])
        regression = hybrid._regression
        booster = trees.with_leaf_values(hybrid._booster, [np.array(part) for part in regression.tree_leaf_values])
        score, alone = logit(hybrid.predict(X)), trees.raw_scores(booster, X, 1)
        assert np.corrcoef(score, alone)[0, 1] > 0.999
        assert regression.logit_weight > 0.5

    def test_trees_never_see_the_newest_fold_nor_the_regression_the_older(self):
        samples = make_samples()
        newest = samples.fold == 2
        before = self.new().fit(**samples.arguments())
        flipped = self.new().fit(**samples.arguments(y=np.where(newest, 1 - samples.y, samples.y)))
        assert flipped._regression.tree_leaf_values == before._regression.tree_leaf_values
        assert flipped._regression.logit_weight < 0 < before._regression.logit_weight

    def test_refuses_a_single_fold(self):
        samples = make_samples()
        with pytest.raises(ValueError, match="at least 2 folds, got 1"):
            self.new().fit(**samples.arguments(fold=np.zeros(len(samples.y), int)))

    @pytest.mark.parametrize(("newest", "message"), [(True, "newest fold"), (False, "older folds")])
    def test_refuses_a_part_with_a_single_class(self, newest, message):
        samples = make_samples()
        part = (samples.fold == 2) == newest
        with pytest.raises(ValueError, match=f"{message}.*single class"):
            self.new().fit(**samples.arguments(y=np.where(part, 0.0, samples.y)))

    def test_lr_rows_bounds_the_regression(self):
        samples = make_samples()
        few = self.new(lr_rows=400).fit(**samples.arguments())
        assert auc(samples.y, few.predict(samples.X)) > 0.9
        drawn = few._draw(Samples(**vars(samples), names=NAMES))
        assert len(drawn.y) == 400 and (np.diff(drawn.fold) >= 0).all()

    def test_features_that_say_nothing_give_the_newest_mean(self):
        y = np.concatenate([np.tile([0.0, 0.0, 0.0, 1.0], 200), np.tile([0.0, 1.0], 200)])
        X = np.zeros((len(y), 3), np.float32)
        ranker = self.new().fit(X, y, np.ones(len(y)), (np.arange(len(y)) >= 800).astype(int), NAMES)
        assert np.allclose(ranker.predict(X), 0.5, atol=1e-3)
        assert np.allclose(ranker.predict(X), ranker.predict_unfolded(X), atol=1e-9)

    def test_load_refuses_files_of_different_models(self, tmp_path):
        samples = make_samples()
        self.new().fit(**samples.arguments()).save(tmp_path)
        path = tmp_path / "lr.json"
        record = json.loads(path.read_text())
        record["leaf_weights"][0][0] += 0.5
        path.write_text(json.dumps(record))
        with pytest.raises(ValueError, match="belong to different models"):
            GbdtLr.load(tmp_path)


def test_defaults():
    config = GbdtLrConfig()
    assert (config.learning_rate, config.num_leaves) == (0.05, 31)
    assert (config.num_iterations, config.min_data_in_leaf) == (300, 50)


def test_leaf_design_by_hand():
    values = [np.array([0.1, 0.2]), np.array([1.0, 2.0, 3.0])]
    design = leaf_design(np.array([[1, 0], [0, 2]], np.int32), values).toarray()
    assert np.allclose(design, [[0, 1, 1, 0, 0, 1.2 * LOGIT_SCALE], [1, 0, 0, 0, 1, 3.1 * LOGIT_SCALE]])

"""GBDT+LR: boosted trees find the feature crosses, a logistic regression on their leaves follows the newest labels.

Source: He et al., Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD 2014,
DOI 10.1145/2648584.2648589. Two things differ from the paper.

The regression sees the trees' own logit beside the one-hot leaves. With leaves only it has to learn again, from the
newest fold alone, what the trees learned from all older ones: thousands of weights from few labels, and on real data it
loses to its own trees. Here the logit's column is scaled up, so that the L2 penalty hardly touches its weight, while
the leaves' weights are shrunken hard. With no evidence the hybrid is its trees, recalibrated; with evidence it corrects
them, leaf by leaf.

Scoring costs no more than the trees. The score is linear in the leaves, so the weights are written into the trees:
new leaf = logit weight * old leaf + leaf weight; the intercept is kept aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from scipy.special import expit

from models.lazy import lightgbm
from models.rank import trees
from models.rank.base import Ranker, Samples, check_varied, read_json, write_json
from models.rank.linear import LR_FILE, fit_logistic, split_labels

LOGIT_SCALE = 10.0  # the logit's weight pays 1/100 of a leaf weight's penalty; a larger scale mostly slows the solver
SAME_LEAF = 1e-9  # trees.txt and lr.json belong together when the leaves agree this closely


class GbdtLrConfig(trees.TreeConfig):
    """The trees' parameters, and for the regression scikit-learn's inverse penalty C and the most rows it is fitted on.

    The design takes 12 bytes a row and tree: 0.7 GB for 200 000 rows and 300 trees.
    """

    C: float = Field(default=1e-3, gt=0)
    lr_rows: int = Field(default=200_000, ge=1)


@dataclass(frozen=True)
class LeafRegression:
    """What the regression learned. `leaf_weights` and `tree_leaf_values` hold one list a tree, one number a leaf.

    Score (logit) of a row = intercept + logit_weight * sum of its tree_leaf_values + sum of its leaf_weights.
    """

    intercept: float
    logit_weight: float
    leaf_weights: list[list[float]]
    tree_leaf_values: list[list[float]]

    def folded(self) -> list[np.ndarray]:
        """The leaf values that let plain trees give the score without the intercept; one (leaves,) array a tree."""
        pairs = zip(self.tree_leaf_values, self.leaf_weights, strict=True)
        return [self.logit_weight * np.array(values) + np.array(weights) for values, weights in pairs]


def leaf_design(leaves: np.ndarray, values: Sequence[np.ndarray]) -> csr_matrix:
    """(n, all leaves + 1) float64: a row's leaves one-hot, tree after tree, then the trees' logit * LOGIT_SCALE.

    leaves: (n, trees), the leaf of each tree. values: the trees' leaf values, one (leaves,) array a tree.
    """
    rows, count = leaves.shape
    starts = np.cumsum([0] + [len(outputs) for outputs in values])
    columns = np.empty((rows, count + 1), np.int32)
    columns[:, :-1] = leaves + starts[:-1]
    columns[:, -1] = starts[-1]
    data = np.ones((rows, count + 1))
    data[:, -1] = np.concatenate(values)[columns[:, :-1]].sum(axis=1) * LOGIT_SCALE
    ends = np.arange(rows + 1, dtype=np.int64) * (count + 1)
    return csr_matrix((data.ravel(), columns.ravel(), ends), shape=(rows, starts[-1] + 1))


class GbdtLr(Ranker[GbdtLrConfig]):
    """Trees on the older folds, regression on the newest.

    Files: trees.txt, the trees with the regression written into their leaves: what scores. lr.json, a LeafRegression:
    the intercept, and what explains the leaves. ranker.json.
    """

    kind = "gbdt_lr"
    Config = GbdtLrConfig
    min_folds = 2

    _booster: lightgbm.Booster
    _regression: LeafRegression

    def predict_unfolded(self, X: np.ndarray) -> np.ndarray:
        """What `predict` returns, the long way: leaves, one-hot, regression. (n,) float64, for verification."""
        self._require_fitted()
        regression = self._regression
        leaves = trees.leaf_indices(self._booster, np.asarray(X, np.float32), self.config.num_threads)
        design = leaf_design(leaves, [np.array(values) for values in regression.tree_leaf_values])
        weights = np.concatenate([*regression.leaf_weights, [regression.logit_weight / LOGIT_SCALE]])
        return expit(design @ weights + regression.intercept)

    def _fit(self, samples: Samples) -> None:
        is_newest = samples.fold == samples.fold.max()
        older, newest = samples.where(~is_newest), samples.where(is_newest)
        check_varied(older.y, "the older folds, on which the trees are fitted,")
        check_varied(newest.y, "the samples of the newest fold, on which the regression is fitted,")
        booster = trees.fit_trees(older, self.config, self.seed)
        values = trees.leaf_values(booster)
        newest = self._draw(newest)
        rows, labels, weights = split_labels(newest.y, newest.weight)
        leaves = trees.leaf_indices(booster, newest.X, self.config.num_threads)
        design = leaf_design(leaves[rows], values)
        start = np.zeros(design.shape[1])
        start[-1] = 1 / LOGIT_SCALE  # the trees as they are
        coefficients, intercept = fit_logistic(design, labels, weights, C=self.config.C, start=start)
        ends = np.cumsum([len(outputs) for outputs in values])[:-1]
        self._regression = LeafRegression(
            intercept=intercept,
            logit_weight=float(coefficients[-1] * LOGIT_SCALE),
            leaf_weights=[part.tolist() for part in np.split(coefficients[:-1], ends)],
            tree_leaf_values=[outputs.tolist() for outputs in values],
        )
        self._booster = trees.with_leaf_values(booster, self._regression.folded())

    def _draw(self, samples: Samples) -> Samples:
        """At most `lr_rows` of the samples, in their order, drawn at random."""
        count = len(samples.y)
        if count <= self.config.lr_rows:
            return samples
        drawn = samples.where(np.sort(np.random.default_rng(self.seed).choice(count, self.config.lr_rows, False)))
        check_varied(drawn.y, f"the {self.config.lr_rows} rows (lr_rows) drawn from the newest fold")
        return drawn

    def _predict(self, X: np.ndarray) -> np.ndarray:
        return expit(trees.raw_scores(self._booster, X, self.config.num_threads) + self._regression.intercept)

    def _save(self, folder: Path) -> None:
        (folder / trees.TREES_FILE).write_text(self._booster.model_to_string(), encoding="utf-8", newline="\n")
        write_json(folder / LR_FILE, asdict(self._regression))

    def _load(self, folder: Path) -> None:
        self._booster = lightgbm.Booster(model_str=(folder / trees.TREES_FILE).read_text(encoding="utf-8"))
        self._regression = LeafRegression(**read_json(folder / LR_FILE))
        stored, expected = trees.leaf_values(self._booster), self._regression.folded()
        if [len(part) for part in stored] != [len(part) for part in expected] or not np.allclose(
            np.concatenate(stored), np.concatenate(expected), rtol=SAME_LEAF, atol=SAME_LEAF
        ):
            raise ValueError(f"{trees.TREES_FILE} and {LR_FILE} in {folder} belong to different models: fit again.")

"""GBDT+LR: boosted trees find the feature crosses, a logistic regression corrects them and adds what they can't take.

Source: He et al., Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD 2014,
DOI 10.1145/2648584.2648589. Three things differ from the paper, where a regression on the leaves alone takes over.

The lists are dealt into parts. Each part has a forest of its own, fitted on all the others, so the regression sees no
leaf of a forest that knows the row's label, and every row serves both. A new row falls through all forests, and their
mean counts. The lists are dealt more than once, and the model is the mean of the hybrids of each deal: forests differ
by chance as much as rankers do (Breiman, Bagging Predictors, 1996, DOI 10.1007/BF00058655).

The regression is a shrunken correction: a given share of the trees' logit is its offset. With leaves only it would
have to learn again, in thousands of weights, what the trees know already.

Its columns are the leaves, every feature as a number, and ids and crosses. The score is linear in the leaves, and a
number is a step function, so both become trees: scoring costs one prediction by trees, and one sparse product for ids
and crosses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from scipy.special import expit

from models.lazy import lightgbm
from models.rank import trees
from models.rank.base import Ranker, Samples, read_json, write_json
from models.rank.codes import CodeConfig
from models.rank.linear import LR_FILE, fit_logistic
from models.rank.lr import LinearModel, fit_columns
from models.rank.metrics import held_out
from models.rank.tree_text import joined, leaf_values, step_tree, with_leaf_values

SAME_LEAF = 1e-9  # trees.txt and lr.json belong together when the leaves agree this closely


class GbdtLrConfig(trees.TreeConfig, CodeConfig):
    """The trees' parameters, and the regression's: parts that the lists are dealt into, how often they are dealt, share
    of the trees' logit that is given, C as in `LrConfig`, and the most rows that it is fitted on. A row takes 12 bytes
    a tree and 16 a feature.
    """

    parts: int = Field(default=2, ge=2)
    deals: int = Field(default=2, ge=1)
    share: float = Field(default=0.5, gt=0, le=1)
    C: float = Field(default=1e-3, gt=0)
    lr_rows: int = Field(default=200_000, ge=1)


@dataclass(frozen=True)
class Correction:
    """What the regression learned. leaf_weights and tree_leaf_values: forest, tree, leaf.

    Score (logit) of a row = the mean over forests of (share * sum of its tree_leaf_values + sum of its leaf_weights)
    + the score of `linear`.
    """

    share: float
    linear: LinearModel
    leaf_weights: list[list[list[float]]]
    tree_leaf_values: list[list[list[float]]]

    @property
    def forests(self) -> list[int]:
        """Of each forest the number of trees."""
        return [len(forest) for forest in self.leaf_weights]

    def steps(self) -> list[tuple[int, np.ndarray]]:
        """The features whose numbers count, and what each of their steps adds."""
        return [(place, table) for place, table in enumerate(self.linear.tables) if table.any()]

    def folded(self) -> list[np.ndarray]:
        """The leaf values that let plain trees give the score without ids and crosses; one array a tree."""
        outputs = [
            (self.share * np.array(values) + np.array(weights)) / len(self.leaf_weights)
            for forest_values, forest_weights in zip(self.tree_leaf_values, self.leaf_weights, strict=True)
            for values, weights in zip(forest_values, forest_weights, strict=True)
        ]
        outputs[0] = outputs[0] + self.linear.intercept
        return [*outputs, *(table for _, table in self.steps())]


def leaf_design(leaves: np.ndarray, counts: Sequence[int]) -> csr_matrix:
    """(n, all leaves) float64: a row's leaves one-hot, tree after tree. leaves: (n, trees); counts: leaves a tree."""
    return own_leaves_design(np.zeros(len(leaves), np.int64), [leaves], [counts])


def own_leaves_design(part: np.ndarray, leaves: Sequence[np.ndarray], counts: Sequence[Sequence[int]]) -> csr_matrix:
    """(n, leaves of all forests) float64: each row's leaves in the forest of its part one-hot.

    part: (n,) the row's part. leaves: of each part's rows, (rows, trees); counts: of each part's forest the leaves a
    tree.
    """
    widths = np.array([len(own) for own in counts])
    ends = np.concatenate([[0], np.cumsum(widths[part])])
    columns, start = np.empty(ends[-1], np.int32), 0
    for number, (own, sizes) in enumerate(zip(leaves, counts, strict=True)):
        here = ends[:-1][part == number][:, np.newaxis] + np.arange(widths[number])
        columns[here] = own + np.cumsum([start, *sizes[:-1]], dtype=np.int32)
        start += sum(sizes)
    return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(part), start))


@dataclass(frozen=True)
class Deal:
    """The hybrid of one deal. forests: one a part. offset: (n,) logit of each row by the forest that doesn't know it.
    weights, intercept: of the regression, whose columns are those of the numbers, then the leaves of all forests.
    """

    forests: list[lightgbm.Booster]
    offset: np.ndarray
    weights: np.ndarray
    intercept: float


class GbdtLr(Ranker[GbdtLrConfig]):
    """Files: trees.txt, the forests with the regression written into their leaves, and a tree a feature for its number:
    what scores. lr.json, a Correction: ids and crosses, and what explains the leaves. ranker.json.
    """

    kind = "gbdt_lr"
    Config = GbdtLrConfig

    _booster: lightgbm.Booster
    _correction: Correction

    def predict_unfolded(self, X: np.ndarray) -> np.ndarray:
        """What `predict` returns, the long way: leaves, one-hot, regression. (n,) float64, for verification."""
        self._require_fitted()
        correction, linear, X = self._correction, self._correction.linear, np.asarray(X, np.float32)
        score = linear.scores(X)
        leaves = trees.leaf_indices(self._booster, X, self.config.num_threads)
        start = 0
        for values, weights in zip(correction.tree_leaf_values, correction.leaf_weights, strict=True):
            one_hot = leaf_design(leaves[:, start : start + len(values)], [len(outputs) for outputs in values])
            outputs = correction.share * np.concatenate(values) + np.concatenate(weights)
            score += one_hot @ outputs / len(correction.leaf_weights)
            start += len(values)
        return expit(score)

    def _fit(self, samples: Samples) -> None:
        drawn = self._draw(len(samples.y))
        regressed = samples.where(drawn)
        columns = fit_columns(regressed, self.config)
        numbers = columns.blocks(regressed.X)
        bins = trees.binned(samples, self.config)
        deals = [self._fit_deal(samples, bins, drawn, numbers, deal) for deal in range(self.config.deals)]
        offset = np.mean([deal.offset for deal in deals], axis=0)
        self.metrics = held_out(regressed.y, expit(offset), regressed.weight)  # of the forests, before the regression
        forests = [forest for deal in deals for forest in deal.forests]
        values = [leaf_values(forest) for forest in forests]
        weights = np.mean([deal.weights[: columns.width] for deal in deals], axis=0)
        leaf_weights = _like(values, np.concatenate([deal.weights[columns.width :] for deal in deals]))
        model = LinearModel(float(np.mean([deal.intercept for deal in deals])), columns, weights.tolist())
        tree_leaf_values = [[v.tolist() for v in own] for own in values]
        self._correction = Correction(self.config.share, model, leaf_weights, tree_leaf_values)
        steps = [step_tree(place, np.array(columns.steps[place].edges), t) for place, t in self._correction.steps()]
        self._booster = with_leaf_values(joined(forests, steps), self._correction.folded())

    def _fit_deal(
        self, samples: Samples, bins: lightgbm.Dataset, drawn: np.ndarray, numbers: list[Any], deal: int
    ) -> Deal:
        """bins: of all samples. drawn: row numbers that the regression learns from. numbers: the design of these rows,
        without leaves.
        """
        parts, threads = self.config.parts, self.config.num_threads
        seed = self.seed + deal * parts
        part = trees.deal(samples, parts, seed)
        forests = [
            trees.fit_trees(samples, self.config, seed + number, rows=part != number, bins=bins)
            for number in range(parts)
        ]
        regressed, part = samples.where(drawn), part[drawn]
        leaves = [
            trees.leaf_indices(forest, regressed.X[part == number], threads) for number, forest in enumerate(forests)
        ]
        values = [leaf_values(forest) for forest in forests]
        design = own_leaves_design(part, leaves, [[len(outputs) for outputs in own] for own in values])
        offset = design @ np.concatenate([outputs for own in values for outputs in own])
        weights, intercept = fit_logistic(
            [*numbers, design],
            regressed.y,
            regressed.weight,
            C=self.config.C,
            offset=self.config.share * offset,
        )
        return Deal(forests, offset, weights, intercept)

    def _draw(self, count: int) -> np.ndarray:
        """At most `lr_rows` of so many rows, ascending, drawn at random."""
        if count <= self.config.lr_rows:
            return np.arange(count)
        return np.sort(np.random.default_rng(self.seed).choice(count, self.config.lr_rows, False))

    def _predict(self, X: np.ndarray) -> np.ndarray:
        scores = trees.raw_scores(self._booster, X, self.config.num_threads)
        return expit(scores + self._correction.linear.code_scores(X))

    def _save(self, folder: Path) -> None:
        (folder / trees.TREES_FILE).write_text(self._booster.model_to_string(), encoding="utf-8", newline="\n")
        write_json(folder / LR_FILE, asdict(self._correction))

    def _load(self, folder: Path) -> None:
        self._booster = lightgbm.Booster(model_str=(folder / trees.TREES_FILE).read_text(encoding="utf-8"))
        record = read_json(folder / LR_FILE)
        self._correction = Correction(**{**record, "linear": LinearModel.from_record(record["linear"])})
        stored, expected = leaf_values(self._booster), self._correction.folded()
        if [len(part) for part in stored] != [len(part) for part in expected] or not np.allclose(
            np.concatenate(stored), np.concatenate(expected), rtol=SAME_LEAF, atol=SAME_LEAF
        ):
            raise ValueError(f"{trees.TREES_FILE} and {LR_FILE} in {folder} belong to different models: fit again.")


def _like(values: Sequence[Sequence[np.ndarray]], flat: np.ndarray) -> list[list[list[float]]]:
    """`flat` cut into the leaves of the trees of the forests."""
    cut, start = [], 0
    for forest in values:
        ends = start + np.cumsum([len(outputs) for outputs in forest])
        cut.append([flat[end - len(outputs) : end].tolist() for end, outputs in zip(ends, forest, strict=True)])
        start = int(ends[-1])
    return cut

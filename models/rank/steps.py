"""Numbers for linear models: each feature as a step function that follows the logarithm.

Counts and sums have tails that a linear model can't use. A value becomes the logarithm of what is usual about it; a few
dozen steps lose little that a label could tell apart, and no wild value can outvote the rest. Because it is a step
function, a weight times it is a table of a few numbers, or a tree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

MOST_STEPS = 64
LEAST_DEVIATION = 0.01  # a hundredth, of a rate: a rare one moves by less from day to day, for all rows at once


@dataclass(frozen=True)
class Steps:
    """Of one feature. edges: m, ascending. levels: m + 1, of x up to the first edge, ..., of x above the last one;
    mean 0 over the training values, deviation 1 over the steps. A missing value has the step m + 1 and no level.
    """

    edges: list[float]
    levels: list[float]

    def codes(self, column: np.ndarray) -> np.ndarray:
        """(n,) int64: the step of each value. column: (n,) float32."""
        codes = np.searchsorted(np.array(self.edges), column.astype(np.float64), side="left")
        return np.where(np.isnan(column), len(self.levels), codes)

    def table(self, weight: float, missing: float) -> np.ndarray:
        """(m + 2,): what each step adds to a linear model's score."""
        return np.append(weight * np.array(self.levels), missing)


def fit_steps(column: np.ndarray, most: int = MOST_STEPS) -> Steps:
    """Steps of equally many values, or one a distinct value if there are fewer. column: (n,) float32, NaN: missing.

    A step's level is that of its values' mean m: sign(m) * log(1 + |m|), then centred and scaled. The deviation is over
    the steps, lest a value that nearly all rows share blow up the others, and at least `LEAST_DEVIATION`: differences
    smaller than that stay small. Edges lie halfway between the means, so that a value is taken for what it is nearest
    to: a rare rate that moves a little, for all rows at once, must not land among the greatest.
    """
    values = np.sort(column[~np.isnan(column)].astype(np.float64))
    if not len(values):
        return Steps([], [0.0])
    ends = np.unique(np.quantile(values, np.arange(1, most) / most, method="lower"))
    ends = np.append(np.searchsorted(values, ends[ends < values[-1]], side="right"), len(values))
    counts = np.diff(ends, prepend=0)
    means = np.diff(np.append(0, np.cumsum(values))[ends], prepend=0) / counts
    means = np.maximum.accumulate(means)  # rounding must not turn neighbours around
    levels = np.sign(means) * np.log1p(np.abs(means))
    scale = max(levels.std(), LEAST_DEVIATION)
    edges = (means[1:] + means[:-1]) / 2
    return Steps(edges.tolist(), ((levels - np.average(levels, weights=counts)) / scale).tolist())


def level_design(X: np.ndarray, steps: list[Steps]) -> np.ndarray:
    """(n, f) float64: levels, 0 for missing values. X: (n, f) float32."""
    design = np.empty(X.shape)
    for number, one in enumerate(steps):
        design[:, number] = one.table(1.0, 0.0)[one.codes(X[:, number])]
    return design


def missing_design(X: np.ndarray) -> csr_matrix:
    """(n, f) float64: 1 where a value is missing. X: (n, f) float32."""
    missing = np.isnan(X)
    ends = np.append(0, np.cumsum(missing.sum(axis=1)))
    columns = np.nonzero(missing)[1].astype(np.int32)
    return csr_matrix((np.ones(len(columns)), columns, ends), shape=X.shape)


def step_scores(X: np.ndarray, steps: list[Steps], tables: list[np.ndarray]) -> np.ndarray:
    """(n,) float64: the sum over features of the table entry of a row's step. tables: as `Steps.table` gives them."""
    scores = np.zeros(len(X))
    for number, (one, table) in enumerate(zip(steps, tables, strict=True)):
        scores += table[one.codes(X[:, number])]
    return scores

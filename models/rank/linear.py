"""Logistic regression by scikit-learn with everything that could change its result pinned."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

LR_FILE = "lr.json"
TOLERANCE = 1e-5  # on the gradient of the mean loss; the default 1e-4 exceeds what a rare leaf's weight can move it
MAX_ITERATIONS = 1000


def split_labels(y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, labels of 0 and 1, and weights: a fractional label y becomes a 1 of weight y and a 0 of weight 1 - y.

    y: (n,) in [0, 1]. weight: (n,). All returned arrays have n plus the number of fractional labels entries; the rows
    ascend, so labels of 0 and 1 come back unchanged.
    """
    ones, zeros = np.flatnonzero(y > 0), np.flatnonzero(y < 1)
    rows = np.concatenate([ones, zeros])
    labels = np.concatenate([np.ones(len(ones)), np.zeros(len(zeros))])
    weights = np.concatenate([weight[ones] * y[ones], weight[zeros] * (1 - y[zeros])])
    order = np.argsort(rows, kind="stable")
    return rows[order], labels[order], weights[order]


def fit_logistic(
    design: np.ndarray | csr_matrix,
    labels: np.ndarray,
    weight: np.ndarray,
    *,
    C: float,
    start: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """The weights (columns,) float64 and the intercept of an L2-penalised logistic regression.

    design: (n, columns), dense or CSR. labels: (n,) of 0 and 1. C: scikit-learn's inverse penalty, so the penalty
    counts less the more samples there are; the intercept is free of it. start: (columns,), where the solver sets out,
    0 by default. One thread: the order of a sum would otherwise depend on the machine.
    """
    from sklearn.linear_model import LogisticRegression  # a second to load, and every job reads settings from here

    model = LogisticRegression(C=C, solver="lbfgs", tol=TOLERANCE, max_iter=MAX_ITERATIONS, warm_start=True)
    if start is not None:
        model.coef_, model.intercept_ = start[np.newaxis].copy(), np.zeros(1)
    with threadpool_limits(1):
        model.fit(design, labels, sample_weight=weight)
    return model.coef_[0].astype(np.float64), float(model.intercept_[0])

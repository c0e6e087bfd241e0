"""Logistic regression with an offset, by SciPy's L-BFGS, with everything that could change its result pinned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit
from threadpoolctl import threadpool_limits

from models.lazy import optimize

LR_FILE = "lr.json"
TOLERANCE = 1e-5  # on the gradient of the mean loss: a rare column's weight can move it by little more
PRECISION = 64 * np.finfo(np.float64).eps  # of the loss; below it the search ends, too
MAX_ITERATIONS = 1000


def fit_logistic(
    design: np.ndarray | csr_matrix | Sequence[np.ndarray | csr_matrix],
    y: np.ndarray,
    weight: np.ndarray,
    *,
    C: float,
    offset: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, float]:
    """The weights (columns,) float64 and the intercept of an L2-penalised logistic regression.

    design: (n, columns), dense or CSR, or several such that stand side by side. y: (n,) in [0, 1]. weight: (n,) above
    0, scaled to a mean of 1. C: as scikit-learn's, the inverse penalty of a sum over rows: it counts less the more rows
    there are, and the intercept is free of it. offset: (n,), a part of each row's logit that is given. One thread: the
    order of a sum would otherwise depend on the machine.
    """
    blocks = [design] if isinstance(design, np.ndarray | csr_matrix) else list(design)
    blocks = [block if isinstance(block, csr_matrix) else np.asarray(block, np.float64) for block in blocks]
    rows, ends = len(y), np.cumsum([block.shape[1] for block in blocks])
    shares = weight.astype(np.float64) / weight.sum(dtype=np.float64)
    penalty = 1 / (C * rows)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, intercept = parameters[:-1], parameters[-1]
        parts = zip(blocks, np.split(weights, ends[:-1]), strict=True)
        logit = sum(block @ own for block, own in parts) + intercept + offset
        residual = shares * (expit(logit) - y)
        value = float(shares @ (np.logaddexp(0, logit) - y * logit) + penalty / 2 * weights @ weights)
        slope = np.concatenate([block.T @ residual for block in blocks])
        return value, np.append(slope + penalty * weights, residual.sum())

    options = {"maxiter": MAX_ITERATIONS, "gtol": TOLERANCE, "ftol": PRECISION}
    with threadpool_limits(1):
        found = optimize.minimize(loss, np.zeros(ends[-1] + 1), jac=True, method="L-BFGS-B", options=options)
    return found.x[:-1], float(found.x[-1])

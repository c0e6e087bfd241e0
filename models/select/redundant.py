"""Which features say what a better one says already: the same order of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

SAME_ROWS = 0.99  # of the rows in which one of two features is present, the share in which both must be
DIGITS = 6  # of a correlation; what sums in another order could change lies beyond


@dataclass(frozen=True)
class Overlap:
    """Per feature (f,): the better feature that it correlates with most, -1 for none, and that correlation, 0 for none.

    A better feature is one that is named earlier in the order and isn't redundant itself.
    """

    better: np.ndarray
    correlation: np.ndarray


def overlaps(X: np.ndarray, order: Sequence[int], *, threshold: float) -> Overlap:
    """Go through the features from the best on; one that correlates `threshold` or more with a kept one is redundant.

    X: (n, f) float32, NaN means missing. order: the f columns, the best first. Only features that are present in nearly
    the same rows (`SAME_ROWS`) are compared: that both are often missing doesn't make two features alike.
    """
    related = rank_correlation(X)
    better, correlation = np.full(X.shape[1], -1), np.zeros(X.shape[1])
    kept: list[int] = []
    for column in order:
        if kept:
            nearest = kept[int(np.argmax(np.abs(related[column, kept])))]
            if related[column, nearest] != 0:
                better[column], correlation[column] = nearest, related[column, nearest]
        if abs(correlation[column]) < threshold:
            kept.append(column)
    return Overlap(better, correlation)


def rank_correlation(X: np.ndarray) -> np.ndarray:
    """(f, f): Spearman's correlation of two features over the rows in which both are present.

    0 where they aren't present in the same rows, or one of them is constant. The ranks are those among a feature's own
    present rows.
    """
    present = (~np.isnan(X)).astype(np.float64)
    ranks = np.zeros(X.shape)
    for number, column in enumerate(X.T):
        rows = present[:, number] > 0
        if rows.any():
            place = rankdata(column[rows])
            ranks[rows, number] = place / len(place) - (len(place) + 1) / 2 / len(place)
    # One thread: the order of a product's sums would otherwise depend on the machine.
    with threadpool_limits(1):
        both = present.T @ present
        sums, squares, products = ranks.T @ present, (ranks**2).T @ present, ranks.T @ ranks
    counts = np.diag(both)
    either = counts[:, np.newaxis] + counts - both
    rows = np.maximum(both, 1)
    covariance = products / rows - sums / rows * (sums.T / rows)
    variance = np.maximum(squares / rows - (sums / rows) ** 2, 0)
    scale = np.sqrt(variance * variance.T)
    comparable = (both >= SAME_ROWS * either) & (both > 0) & (scale > 10**-DIGITS)
    found = np.divide(covariance, scale, out=np.zeros_like(scale), where=comparable)
    return np.round(found, DIGITS).clip(-1, 1)

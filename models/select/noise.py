"""How far a figure over users moves by chance: the jackknife over groups of users.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def mean_and_error(values: np.ndarray, weight: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """The weighted mean of (n,) values and its standard error. groups: (n,), the group of users of each value."""
    sums, weights = np.bincount(groups, values * weight), np.bincount(groups, weight)
    there = weights > 0
    without = (sums.sum() - sums[there]) / np.maximum(weights.sum() - weights[there], np.finfo(np.float64).tiny)
    return float(sums.sum() / weights.sum()), _error(without)


def metric_error(metric: Callable[[np.ndarray], float], groups: np.ndarray) -> float:
    """The standard error of a metric of rows. metric: is given the mask (n,) of the rows that count."""
    return _error(np.array([metric(groups != group) for group in np.unique(groups)]))


def _error(without: np.ndarray) -> float:
    """From the values of a figure without each group in turn; infinite for a single group, which says nothing."""
    count = len(without)
    if count < 2:
        return float("inf")
    return float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum()))

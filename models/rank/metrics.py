"""How good probabilities are. y: (n,) labels of 0 and 1; p: (n,) probabilities; NaN means a metric is undefined."""

from __future__ import annotations

import numpy as np

from models.lazy import metrics


def auc(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The probability that a 1 scores above a 0, ties counting half; NaN when there is a single class."""
    if len(np.unique(y)) < 2:
        return float("nan")
    return float(metrics.roc_auc_score(y, p, sample_weight=weight))


def gauc(y: np.ndarray, p: np.ndarray, group: np.ndarray) -> float:
    """The mean of the users' AUCs, each weighted by the user's samples; NaN when no user has both classes.

    group: (n,) the user of a sample; users with one class are left out. Unlike `auc` it can't be raised by telling busy
    users from idle ones. Source: Zhu et al., Optimized Cost per Click in Taobao Display Advertising, KDD 2017,
    DOI 10.1145/3097983.3098134.
    """
    y, p = np.asarray(y, np.float64), np.asarray(p, np.float64)
    users, codes = np.unique(group, return_inverse=True)
    order = np.lexsort((p, codes))
    codes, p, y = codes[order], p[order], y[order]
    total = np.bincount(codes, minlength=len(users))
    ones = np.bincount(codes, weights=y, minlength=len(users))
    # The Mann-Whitney statistic: the sum of the ones' ranks within the user, tied scores sharing their mean rank.
    starts_run = np.ones(len(p), dtype=bool)
    starts_run[1:] = (np.diff(codes) > 0) | (np.diff(p) > 0)
    run = np.cumsum(starts_run) - 1
    first = np.flatnonzero(starts_run)
    size = np.diff(np.append(first, len(p)))
    rank = (first + (size + 1) / 2)[run] - (np.cumsum(total) - total)[codes]
    rank_sum = np.bincount(codes, weights=rank * y, minlength=len(users))
    both = (ones > 0) & (ones < total)
    if not both.any():
        return float("nan")
    zeros = total - ones
    user_auc = (rank_sum[both] - ones[both] * (ones[both] + 1) / 2) / (ones[both] * zeros[both])
    return float(np.average(user_auc, weights=total[both]))


def log_loss(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The mean negative log-likelihood of the labels, in nats."""
    return float(metrics.log_loss(y, p, sample_weight=weight, labels=[0, 1]))


def held_out(y: np.ndarray, p: np.ndarray, weight: np.ndarray) -> dict[str, float | None]:
    """What an artefact says of itself, from samples that didn't teach it; None where there is a single class.

    A fractional label counts as the nearer one.
    """
    labels = (y >= 0.5).astype(np.float64)
    found = {"auc": auc(labels, p, weight), "normalised_entropy": normalised_entropy(labels, p, weight)}
    return {f"held_out_{name}": None if np.isnan(value) else value for name, value in found.items()}


def normalised_entropy(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Log loss divided by that of always predicting the mean label; below 1 is better than knowing only the mean.

    NaN when there is a single class. Source: He et al., ADKDD 2014, DOI 10.1145/2648584.2648589.
    """
    if len(np.unique(y)) < 2:
        return float("nan")
    mean = float(np.average(y, weights=weight))
    return log_loss(y, p, weight) / log_loss(y, np.full(len(y), mean), weight)

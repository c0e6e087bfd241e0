"""What each feature alone says of the label: missing values, distinct values, mutual information, chi² and F.

Samples are counted as they are, without their weights. X: (n, f) float32, NaN means missing; y: (n,) of 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_selection import chi2, f_classif, mutual_info_classif
from threadpoolctl import threadpool_limits

MISSING_BIN = 0


@dataclass(frozen=True)
class Scores:
    """One number a feature in every array (f,). mutual_information: nats. f_statistic: NaN where it is undefined."""

    missing_share: np.ndarray
    distinct: np.ndarray
    mutual_information: np.ndarray
    chi2: np.ndarray
    f_statistic: np.ndarray


def scores(X: np.ndarray, y: np.ndarray, *, bins: int) -> Scores:
    """Mutual information and chi² are of the quantile bins of `binned` and the label; F is of the present values."""
    codes = binned(X, bins)
    with threadpool_limits(1):
        information = mutual_info_classif(codes, y, discrete_features=True)
    return Scores(
        missing_share=np.isnan(X).mean(axis=0),
        distinct=np.array([_distinct(column) for column in X.T], np.int64),
        mutual_information=information,
        chi2=np.array([_chi2(column, y) for column in codes.T]),
        f_statistic=np.array([_f_statistic(column, y) for column in X.T]),
    )


def binned(X: np.ndarray, bins: int) -> np.ndarray:
    """(n, f) int16: each feature's quantile bin, from 1; `MISSING_BIN` where it is missing.

    Equal values share a bin, so a feature of few values has few bins.
    """
    codes = np.full(X.shape, MISSING_BIN, np.int16)
    for number, column in enumerate(X.T):
        present = ~np.isnan(column)
        if present.any():
            edges = np.unique(np.quantile(column[present], np.arange(1, bins) / bins, method="lower"))
            codes[present, number] = 1 + np.searchsorted(edges, column[present], side="left")
    return codes


def _distinct(column: np.ndarray) -> int:
    return len(np.unique(column[~np.isnan(column)]))


def _chi2(codes: np.ndarray, y: np.ndarray) -> float:
    """Pearson's statistic of the table of bins and labels: scikit-learn's, summed over the bins as 0/1 columns."""
    _, bins = np.unique(codes, return_inverse=True)
    one_hot = csr_matrix((np.ones(len(bins)), (np.arange(len(bins)), bins)))
    statistic, _ = chi2(one_hot, y)
    return float(statistic.sum())


def _f_statistic(column: np.ndarray, y: np.ndarray) -> float:
    present = ~np.isnan(column)
    values, labels = column[present].astype(np.float64), y[present]
    if len(np.unique(labels)) < 2 or values.min() == values.max():
        return float("nan")
    with np.errstate(divide="ignore"):  # infinite where every label has one value of its own
        statistic, _ = f_classif(values[:, np.newaxis], labels)
    return float(statistic[0])

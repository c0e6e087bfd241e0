"""A feature is redundant when a better one orders the same rows in the same way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from models.select.redundant import overlaps, rank_correlation

ROWS = 500
RANDOM = np.random.default_rng(2)
ONE, OTHER = RANDOM.normal(size=(2, ROWS))


def matrix(*columns: np.ndarray) -> np.ndarray:
    return np.column_stack(columns).astype(np.float32)


def test_correlation_is_spearmans() -> None:
    few = np.round(ONE + OTHER)  # many ties
    found = rank_correlation(matrix(ONE, few))
    assert found[0, 1] == found[1, 0] == pytest.approx(spearmanr(ONE, few).statistic, abs=1e-5)
    assert np.diag(found) == pytest.approx(1)


def test_any_monotone_function_of_a_feature_says_the_same() -> None:
    found = overlaps(matrix(ONE, np.exp(ONE), -(ONE**3), OTHER), [0, 1, 2, 3], threshold=0.99)
    assert found.better.tolist()[1:3] == [0, 0]
    assert found.correlation[1:3] == pytest.approx([1, -1])
    assert abs(found.correlation[3]) < 0.2
    assert found.better[0] == -1 and found.correlation[0] == 0


def test_the_better_one_of_a_pair_stays() -> None:
    assert overlaps(matrix(ONE, 2 * ONE), [1, 0], threshold=0.99).better.tolist() == [1, -1]


def test_what_goes_is_no_reason_for_another_to_go() -> None:
    near = ONE + 0.3 * OTHER
    far = near + 0.3 * np.roll(OTHER, 1)
    chain = rank_correlation(matrix(ONE, near, far))
    assert chain[1, 2] > 0.94 > chain[0, 2] and chain[0, 1] > 0.94
    found = overlaps(matrix(ONE, near, far), [0, 1, 2], threshold=0.94)
    assert found.better.tolist() == [-1, 0, 0]
    assert found.correlation[2] < 0.94


def test_features_that_are_mostly_missing_together_are_not_alike_for_that() -> None:
    rare = np.arange(ROWS) % 10 == 0
    one, other = np.where(rare, ONE, np.nan), np.where(rare, OTHER, np.nan)
    assert abs(rank_correlation(matrix(one, other))[0, 1]) < 0.5


def test_features_of_different_rows_are_not_compared() -> None:
    half = np.where(np.arange(ROWS) % 2, ONE, np.nan)
    found = overlaps(matrix(ONE, half, np.full(ROWS, np.nan), np.ones(ROWS)), [0, 1, 2, 3], threshold=0.9)
    assert found.better.tolist() == [-1] * 4

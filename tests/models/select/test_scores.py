"""Scores of single features, against textbook formulas and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.select.scores import MISSING_BIN, binned, scores

NAN = float("nan")
ROWS = 400
RANDOM = np.random.default_rng(1)
LABELS = (np.arange(ROWS) % 4 == 0).astype(float)
NOISE = RANDOM.normal(size=ROWS)


def matrix(*columns: np.ndarray) -> np.ndarray:
    return np.column_stack(columns).astype(np.float32)


def test_a_feature_that_is_the_label_knows_all_of_it_and_a_constant_nothing() -> None:
    found = scores(matrix(LABELS, np.full(ROWS, 7.0), np.full(ROWS, NAN)), LABELS, bins=10)
    assert found.mutual_information[0] == pytest.approx(stats.entropy([0.75, 0.25]), rel=1e-6)
    assert found.chi2[0] == pytest.approx(ROWS)
    assert np.allclose(found.mutual_information[1:], 0, atol=1e-9) and np.allclose(found.chi2[1:], 0)
    assert found.f_statistic[0] > 1e6 and np.isnan(found.f_statistic[1:]).all()
    assert found.distinct.tolist() == [2, 1, 0]
    assert found.missing_share.tolist() == [0, 0, 1]


def test_that_a_value_is_missing_may_tell_the_label() -> None:
    found = scores(matrix(np.where(LABELS > 0, NAN, 1.0)), LABELS, bins=10)
    assert found.chi2[0] == pytest.approx(ROWS)
    assert found.missing_share[0] == 0.25


def test_f_is_that_of_the_present_values() -> None:
    column = np.where(np.arange(ROWS) % 3 == 0, NAN, NOISE + LABELS)
    present = ~np.isnan(column)
    groups = (column[present & (label == LABELS)] for label in (0, 1))
    found = scores(matrix(column), LABELS, bins=10)
    assert found.f_statistic[0] == pytest.approx(stats.f_oneway(*groups).statistic, rel=1e-4)


def test_chi2_is_that_of_the_table_of_bins_and_labels() -> None:
    X = matrix(NOISE + LABELS)
    bins = binned(X, 6)[:, 0]
    table = [[np.sum((bins == number) & (label == LABELS)) for label in (0, 1)] for number in np.unique(bins)]
    expected = stats.chi2_contingency(table, correction=False).statistic
    assert scores(X, LABELS, bins=6).chi2[0] == pytest.approx(expected)


@given(st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=1, max_size=60), st.integers(2, 12))
def test_bins_follow_the_order_of_values_and_equal_values_share_one(values: list[int | None], bins: int) -> None:
    X = np.array([[NAN if value is None else value] for value in values], np.float32)
    codes = binned(X, bins)[:, 0]
    assert [code == MISSING_BIN for code in codes] == [value is None for value in values]
    assert codes.max() <= bins
    pairs = sorted((value, code) for value, code in zip(values, codes.tolist(), strict=True) if value is not None)
    assert [code for _, code in pairs] == sorted(code for _, code in pairs)
    assert len({value for value, _ in pairs}) == len(set(pairs))


def test_many_distinct_values_fill_the_bins_evenly() -> None:
    codes = binned(matrix(RANDOM.permutation(ROWS)), 8)
    assert np.unique(codes, return_counts=True)[1].tolist() == [ROWS // 8] * 8

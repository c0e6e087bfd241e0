"""The delta method beside the textbook's mean, a jackknife, and the truth of many repetitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.experiment.moments import Moments

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=2, max_size=40)


def of(pairs: list[tuple[int, int]]) -> Moments:
    return Moments.of(*(np.array(column) for column in zip(*pairs, strict=True)))


@given(COUNTS)
def test_a_mean_per_user_has_the_standard_error_of_a_mean(pairs: list[tuple[int, int]]) -> None:
    x = np.array([pair[0] for pair in pairs])
    mean, variance = Moments.of(x, np.ones(len(x), int)).ratio()
    assert mean == pytest.approx(x.mean())
    assert variance == pytest.approx(x.var(ddof=1) / len(x))


@given(COUNTS)
def test_a_ratio_has_the_error_of_its_residuals(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(column, float) for column in zip(*pairs, strict=True))
    ratio, variance = of(pairs).ratio()
    assert ratio == pytest.approx(x.sum() / y.sum())
    residual = x - ratio * y
    assert variance == pytest.approx((residual**2).sum() / (len(x) - 1) / len(x) / y.mean() ** 2, abs=1e-12)


@given(COUNTS, COUNTS)
def test_sums_of_parts_are_those_of_the_whole(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    assert of(one) + of(two) == of(one + two)


def test_the_error_is_that_of_many_repetitions() -> None:
    """Users differ in rate and in activity: the naive error of a proportion is far too small, this one is right."""
    random = np.random.default_rng(3)
    ratios, errors, naive = [], [], []
    for _ in range(400):
        exposures = random.geometric(0.05, 500)
        clicks = random.binomial(exposures, random.beta(1, 9, 500))
        ratio, variance = Moments.of(clicks, exposures).ratio()
        ratios.append(ratio)
        errors.append(math.sqrt(variance))
        naive.append(math.sqrt(ratio * (1 - ratio) / exposures.sum()))
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.1)
    assert np.mean(naive) < 0.6 * np.std(ratios)


@pytest.mark.parametrize("pairs", [[(1, 2)], [(0, 0), (0, 0), (0, 0)]])
def test_one_user_or_no_denominator_tells_nothing(pairs: list[tuple[int, int]]) -> None:
    assert all(math.isnan(number) for number in of(pairs).ratio())


def test_large_sums_lose_nothing() -> None:
    """Money in ten-thousandths of a million users: floats would cancel to noise."""
    value, variance = Moments(10**6, 10**15, 10**6, 10**24 + 10**6, 10**6, 10**15).ratio()
    assert (value, variance) == (1e9, pytest.approx(10**6 / 10**12, rel=1e-3))

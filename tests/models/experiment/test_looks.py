"""That looking every day raises no more false alarms than promised, and what the price is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.experiment.looks import always_valid_margin, always_valid_p

POSITIVE = st.floats(1e-4, 1e2)
ALPHA, LOOKS, DAILY = 0.05, 60, 200


@given(st.floats(-50, 50), POSITIVE, POSITIVE, st.floats(0.001, 0.4))
def test_the_interval_leaves_out_zero_exactly_when_p_is_below_alpha(
    difference: float, variance: float, tau: float, alpha: float
) -> None:
    p, margin = always_valid_p(difference, variance, tau), always_valid_margin(variance, tau, alpha)
    assume(not math.isclose(abs(difference), margin, rel_tol=1e-6))
    assert 0 <= p <= 1
    assert (p < alpha) == (abs(difference) > margin)


@given(st.floats(0, 20), POSITIVE, POSITIVE)
def test_the_larger_the_difference_the_smaller_p_whatever_its_sign(
    difference: float, variance: float, tau: float
) -> None:
    p = always_valid_p(difference, variance, tau)
    assert always_valid_p(-difference, variance, tau) == p >= always_valid_p(difference * 1.5, variance, tau)


@pytest.mark.parametrize("tau", [0.02, 0.1, 0.5])
def test_daily_looks_raise_the_alarms_that_were_promised(tau: float) -> None:
    """Without a difference, over 60 looks: a single-look test is fooled six times as often."""
    random = np.random.default_rng(11)
    runs = 2_000
    means = random.normal(scale=1 / math.sqrt(DAILY), size=(runs, LOOKS)).cumsum(axis=1) / np.arange(1, LOOKS + 1)
    variances = 1 / (DAILY * np.arange(1, LOOKS + 1))
    margins = np.array([always_valid_margin(v, tau, ALPHA) for v in variances])
    alarms = (np.abs(means) > margins).any(axis=1).mean()
    fooled = (np.abs(means) > 1.96 * np.sqrt(variances)).any(axis=1).mean()
    assert alarms <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / runs)
    assert fooled > 0.25


def test_a_difference_of_the_size_of_interest_is_found() -> None:
    variance = (0.1 / 5) ** 2  # five standard errors
    assert always_valid_p(0.1, variance, 0.1) < 0.001
    assert always_valid_p(0.0, variance, 0.1) == 1.0


@pytest.mark.parametrize(("variance", "tau"), [(0.0, 1.0), (math.nan, 1.0), (1.0, 0.0), (1.0, math.nan), (1.0, -1.0)])
def test_without_a_scale_nothing_is_said(variance: float, tau: float) -> None:
    assert math.isnan(always_valid_p(1.0, variance, tau)) and math.isnan(always_valid_margin(variance, tau, ALPHA))

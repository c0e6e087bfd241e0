from __future__ import annotations

import math

import pytest
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower

from models.experiment.design import needed_users, sample_ratio_p

HALVES = {"control": 0.5, "b": 0.5}


def test_an_even_split_is_no_mismatch_and_a_lost_tenth_is_one() -> None:
    assert sample_ratio_p({"control": 5_000, "b": 5_000}, HALVES) == pytest.approx(1)
    assert sample_ratio_p({"control": 5_000, "b": 4_500}, HALVES) < 1e-3
    assert sample_ratio_p({"control": 9_050, "b": 950}, {"control": 0.9, "b": 0.1}) > 0.05


def test_the_statistic_is_the_chi_square_of_the_textbook() -> None:
    users = {"control": 60, "b": 40}
    assert sample_ratio_p(users, HALVES) == pytest.approx(2 * norm.sf(2))  # 1 degree of freedom: a squared normal


def test_a_variant_that_nobody_was_to_see_is_a_mismatch() -> None:
    assert sample_ratio_p({"control": 10, "b": 10, "ghost": 1}, HALVES) == 0
    assert sample_ratio_p({"control": 10, "b": 1}, {"control": 1.0, "b": 0.0}) == 0


@pytest.mark.parametrize(("users", "shares"), [({}, HALVES), ({"control": 5}, {"control": 1.0})])
def test_without_users_or_a_second_variant_there_is_nothing_to_compare(
    users: dict[str, int], shares: dict[str, float]
) -> None:
    assert math.isnan(sample_ratio_p(users, shares))


@pytest.mark.parametrize("ratio", [1.0, 0.25])
def test_the_number_of_users_is_what_statsmodels_solves_for(ratio: float) -> None:
    mean, deviation, effect = 0.4, 1.3, 0.05
    control = NormalIndPower().solve_power(effect * mean / deviation, alpha=0.05, power=0.8, ratio=ratio)
    assert needed_users(mean, deviation, effect, ratio, 0.05, 0.8) == pytest.approx(control * (1 + ratio), rel=1e-3)


@pytest.mark.parametrize("arguments", [(0.0, 1.0, 0.1, 1.0), (1.0, 0.0, 0.1, 1.0), (1.0, math.nan, 0.1, 1.0)])
def test_nothing_to_scale_by_is_no_number(arguments: tuple[float, float, float, float]) -> None:
    assert math.isnan(needed_users(*arguments, 0.05, 0.8))

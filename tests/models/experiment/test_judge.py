"""The findings of an experiment beside what scipy and statsmodels say of the same users."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, ttest_ind
from statsmodels.stats.multitest import multipletests

from models.experiment.judge import Finding, Judging, holm, judge
from models.experiment.moments import Moments

SHARES = {"control": 0.5, "b": 0.25, "c": 0.25}
SIZES = {"control": 4_000, "b": 2_000, "c": 2_000}


def users(lift: dict[str, float], seed: int = 5) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """variant -> (clicks, exposures) of its users."""
    random = np.random.default_rng(seed)
    made = {}
    for name, size in SIZES.items():
        exposures = random.poisson(20, size) + 1
        made[name] = random.binomial(exposures, 0.1 * (1 + lift.get(name, 0.0))), exposures
    return made


def findings(people: dict[str, tuple[np.ndarray, np.ndarray]], settings: Judging | None = None) -> list[Finding]:
    ones = {name: np.ones(len(clicks), int) for name, (clicks, _) in people.items()}
    moments = {
        "ctr": {name: Moments.of(clicks, exposures) for name, (clicks, exposures) in people.items()},
        "clicks_per_user": {name: Moments.of(clicks, ones[name]) for name, (clicks, _) in people.items()},
    }
    return judge(moments, SHARES, "control", settings or Judging())


def of(found: list[Finding], metric: str, variant: str) -> Finding:
    (one,) = (f for f in found if (f.metric, f.variant) == (metric, variant))
    return one


def test_a_mean_is_tested_like_welch_does() -> None:
    people = users({"b": 0.02})
    found = of(findings(people), "clicks_per_user", "b")
    theirs = ttest_ind(people["b"][0], people["control"][0], equal_var=False)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=0.01)
    interval = theirs.confidence_interval(0.95)
    assert (found.difference_low, found.difference_high) == pytest.approx(tuple(interval), rel=0.01)


def test_what_is_there_is_found_and_what_is_not_is_not() -> None:
    found = findings(users({"b": 0.15}))
    better, same = of(found, "ctr", "b"), of(found, "ctr", "c")
    assert better.p_always_holm < 0.01 and better.always_low > 0
    assert better.value / of(found, "ctr", "control").value == pytest.approx(1.15, abs=0.04)
    assert same.p_holm > 0.05 and same.p_always_holm > 0.05 and same.always_low < 0 < same.always_high


def test_looking_every_day_costs_some_width_and_correction_some_more() -> None:
    for found in findings(users({"b": 0.05})):
        if found.variant != "control":
            assert found.always_high - found.always_low > found.difference_high - found.difference_low > 0
            assert found.p_always >= found.p_value and found.p_holm >= found.p_value
            assert found.p_always_holm >= found.p_always


def test_correction_is_over_all_metrics_and_variants() -> None:
    found = findings(users({"b": 0.03, "c": 0.02}))
    tested = [f for f in found if f.variant != "control"]
    assert len(tested) == 4
    assert [f.p_holm for f in tested] == pytest.approx(multipletests([f.p_value for f in tested], method="holm")[1])


def test_the_control_is_measured_but_not_tested() -> None:
    control = of(findings(users({})), "ctr", "control")
    assert control.low < control.value < control.high and control.users == 4_000
    assert math.isnan(control.p_value) and math.isnan(control.difference) and math.isnan(control.p_holm)
    half = (control.high - control.low) / 2
    assert half == pytest.approx(norm.isf(0.025) * math.sqrt(0.1 * 0.9 / control.denominator), rel=0.1)


def test_who_is_called_control_does_not_change_the_answer() -> None:
    people = users({"b": 0.05})
    swapped = {"control": people["b"], "b": people["control"], "c": people["c"]}
    one, other = of(findings(people), "ctr", "b"), of(findings(swapped), "ctr", "b")
    assert one.difference == pytest.approx(-other.difference)
    assert (one.p_value, one.p_always) == pytest.approx((other.p_value, other.p_always))


def test_few_users_are_measured_but_not_tested() -> None:
    found = of(findings(users({}), Judging(min_users=3_000)), "ctr", "b")
    assert found.difference != 0 and math.isnan(found.p_value) and math.isnan(found.p_always)


def test_a_mismatch_stands_in_every_row() -> None:
    people = users({})
    people["b"] = people["b"][0][:1_500], people["b"][1][:1_500]
    assert all(f.sample_ratio_p < 1e-3 for f in findings(people))
    assert all(f.sample_ratio_p > 0.5 for f in findings(users({})))


def test_needed_users_fall_with_the_square_of_the_effect() -> None:
    small, large = (of(findings(users({}), Judging(effect=e)), "ctr", "b").needed_users for e in (0.05, 0.1))
    assert small / large == pytest.approx(4, rel=0.01)


def test_nothing_that_can_be_told_is_not_a_number_rather_than_an_error() -> None:
    nothing = Moments.of(np.zeros(200, int), np.zeros(200, int))
    for found in judge({"cvr": {"control": nothing, "b": nothing}}, {"control": 0.5, "b": 0.5}, "control", Judging()):
        assert math.isnan(found.value) and math.isnan(found.p_holm) and found.users == 200


def test_holm_leaves_what_was_not_tested() -> None:
    assert holm([0.01, math.nan, 0.04])[0] == pytest.approx(0.02)
    assert math.isnan(holm([math.nan])[0]) and holm([]) == []


@settings(max_examples=25)  # statsmodels collects garbage at every call
@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="holm")[1] if p_values else []
    assert holm(p_values) == pytest.approx(list(expected))

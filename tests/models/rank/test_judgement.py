from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank import metrics
from models.rank.judgement import Judgement, Judges, intervals


def judges_of(y: np.ndarray, users: np.ndarray, weight: np.ndarray | None = None) -> Judges:
    return Judges(y, (y > 0.5).astype(float), np.ones(len(y)) if weight is None else weight, users)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 3), st.integers(0, 3)), min_size=2, max_size=40)
)
def test_metrics_are_those_of_one_sample_a_row(rows):
    y, p, weight, users = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    p /= 10
    found = Judgement(judges_of(y, users, weight), p).metrics()
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p, weight))
    for name in ("auc", "normalised_entropy"):
        assert found[name] == pytest.approx(getattr(metrics, name)(y, p, weight), nan_ok=True)
    assert found["gauc"] == pytest.approx(metrics.gauc(y, p, users), nan_ok=True)


def test_a_user_drawn_twice_counts_as_two():
    y, p, users = np.array([1.0, 0, 1, 0, 0]), np.array([0.8, 0.3, 0.4, 0.6, 0.2]), np.array([5, 5, 6, 6, 7])
    twice = Judgement(judges_of(y, users), p).resampled(np.array([2, 1, 0]))
    rows = np.array([0, 1, 0, 1, 2, 3])
    expected = Judgement(judges_of(y[rows], users[rows]), p[rows]).metrics()
    assert twice == pytest.approx({name: expected[name] for name in twice})


def test_a_target_between_0_and_1_is_judged_by_its_own_entropy():
    y = np.array([0.25, 0.75])
    found = Judgement(judges_of(y, np.arange(2)), np.full(2, 0.5)).metrics()
    assert found["normalised_entropy"] == pytest.approx(1.0) and found["log_loss"] == pytest.approx(math.log(2))


def test_the_interval_holds_the_lead_and_tells_noise_from_a_difference():
    random = np.random.default_rng(0)
    users, signal = np.repeat(np.arange(400), 5), random.normal(size=2000)
    y = (signal > random.logistic(size=2000)).astype(float)
    judges = judges_of(y, users)
    good, same, bad = (
        Judgement(judges, 1 / (1 + np.exp(-signal - noise * random.normal(size=2000)))) for noise in (0, 0.02, 2)
    )
    draws = judges.draws(100, seed=1)
    assert draws.shape == (100, 400) and (draws.sum(axis=1) == 400).all()
    low, high = intervals(good, bad, draws)["auc"]
    assert 0 < low < good.metrics()["auc"] - bad.metrics()["auc"] < high
    low, high = intervals(good, same, draws)["auc"]
    assert low < 0.002 and high > -0.002
    assert intervals(good, bad, draws)["normalised_entropy"][1] < 0

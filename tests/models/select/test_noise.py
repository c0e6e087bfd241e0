"""Standard errors over users, and users that are drawn by a hash."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.select.noise import mean_and_error, metric_error
from models.select.sample import GROUPS, drawn_users, user_groups

RANDOM = np.random.default_rng(3)
USERS = np.repeat(np.arange(20_000), 2)


def test_the_error_of_a_mean_is_that_of_the_textbook_for_independent_rows() -> None:
    values = RANDOM.normal(size=20_000)
    mean, error = mean_and_error(values, np.ones(20_000), np.arange(20_000) % GROUPS)
    assert mean == pytest.approx(values.mean())
    assert error == pytest.approx(1 / math.sqrt(20_000), rel=0.5)
    assert metric_error(lambda rows: float(values[rows].mean()), np.arange(20_000) % GROUPS) == pytest.approx(error)


def test_rows_that_repeat_others_of_the_user_add_no_certainty() -> None:
    values, groups = RANDOM.normal(size=20_000), user_groups(np.arange(20_000), 1)
    _, once = mean_and_error(values, np.ones(20_000), groups)
    _, twice = mean_and_error(np.repeat(values, 2), np.ones(40_000), user_groups(USERS, 1))
    assert twice == pytest.approx(once)


def test_weights_count() -> None:
    mean, error = mean_and_error(np.array([1.0, 4.0]), np.array([2.0, 1.0]), np.array([0, 1]))
    assert (mean, error) == pytest.approx((2.0, 1.5))


def test_one_group_says_nothing_of_the_error() -> None:
    assert mean_and_error(np.ones(3), np.ones(3), np.zeros(3, int)) == (1.0, math.inf)


def test_about_the_share_is_drawn_and_users_stay_whole() -> None:
    drawn = drawn_users(USERS, 0.25, seed=1)
    assert drawn.mean() == pytest.approx(0.25, abs=0.02)
    assert (drawn[::2] == drawn[1::2]).all()
    assert drawn_users(USERS, 1.7, seed=1).all()
    shuffled = RANDOM.permutation(USERS)
    assert set(shuffled[drawn_users(shuffled, 0.25, seed=1)]) == set(USERS[drawn])
    assert set(USERS[drawn_users(USERS, 0.25, seed=2)]) != set(USERS[drawn])


def test_groups_are_even_among_all_and_among_those_drawn() -> None:
    for users in (USERS, USERS[drawn_users(USERS, 0.25, seed=1)]):
        sizes = np.bincount(user_groups(users, 1), minlength=GROUPS)
        assert sizes.min() > 0.7 * sizes.mean()

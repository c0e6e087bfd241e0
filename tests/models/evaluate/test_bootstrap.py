from __future__ import annotations

import numpy as np
import pytest

from models.evaluate.bootstrap import bootstrap

RANDOM = np.random.default_rng(1)
VALUES = RANDOM.random((400, 2))


def test_the_interval_is_that_of_the_mean_s_standard_error() -> None:
    found = bootstrap(VALUES, resamples=2000, seed=20)
    low, high = found.interval(0.95)
    error = VALUES.std(axis=0) / len(VALUES) ** 0.5
    assert found.means == pytest.approx(VALUES.mean(axis=0))
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.1)
    assert (low < found.means).all() and (found.means < high).all()


def test_differences_are_of_the_same_users_so_that_what_sources_share_drops_out() -> None:
    noise = RANDOM.random(400)
    pair = np.stack([noise, noise + 0.001], axis=1)
    found = bootstrap(pair, resamples=200, seed=20)
    low, high = found.interval(0.95, minus=1)
    assert (low[0], high[0]) == pytest.approx((0.001, 0.001)), "every user has so much more"
    alone = found.interval(0.95)
    assert alone[1][0] - alone[0][0] > 0.01
    assert (low[1], high[1]) == (0, 0)


def test_who_has_no_value_is_left_out_of_that_mean() -> None:
    values = np.array([[1.0, np.nan], [0.0, np.nan], [np.nan, np.nan]])
    found = bootstrap(values, resamples=50, seed=1)
    assert found.means[0] == 0.5 and np.isnan(found.means[1])
    assert np.nanmax(found.resampled[:, 0]) == 1 and np.isnan(found.resampled[:, 1]).all()


def test_seed_decides_and_nobody_has_no_interval() -> None:
    one, same, other = (bootstrap(VALUES, resamples=70, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.resampled, same.resampled) and not np.array_equal(one.resampled, other.resampled)
    nobody = bootstrap(np.empty((0, 2)), resamples=10, seed=1)
    assert np.isnan(nobody.means).all() and np.isnan(nobody.interval(0.9)).all()


def test_sums_do_not_depend_on_the_order_of_users() -> None:
    turned = bootstrap(VALUES[::-1], resamples=1, seed=1)
    assert np.array_equal(turned.means, bootstrap(VALUES, resamples=1, seed=1).means)

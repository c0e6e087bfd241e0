"""The whole report on made-up samples: what is known to matter is kept, the rest goes, and nothing looks ahead."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from models.rank.base import Samples
from models.rank.gbdt import Gbdt
from models.rank.trees import TreeConfig, fit_trees
from models.select.effect import Shuffler, gain_shares
from models.select.report import Report, report
from models.select.settings import ReportSettings
from models.select.trial import try_selection

NAMES = ("signal", "noise", "copy", "same", "absent", "counter")
TREES = TreeConfig(num_iterations=30, learning_rate=0.2, num_threads=1)
SETTINGS = ReportSettings(rows=1000, bins=10, repeats=2, min_gain=0.1, max_correlation=0.98, errors=2, seed=1)
FOLD, FOLDS = 2000, 4
USERS = np.tile(np.arange(FOLD) // 10, FOLDS)


def make_samples() -> Samples:
    """The label follows `signal` and `counter`; `copy` is the signal's cube, `same` is constant, `absent` missing."""
    random = np.random.default_rng(5)
    signal, noise, counter = random.normal(size=(3, FOLD * FOLDS)).astype(np.float32)
    y = (signal - 0.5 * counter + random.logistic(size=FOLD * FOLDS) * 0.5 > 0).astype(np.float64)
    X = np.column_stack([signal, noise, signal**3, np.ones_like(signal), np.full_like(signal, np.nan), counter])
    return Samples(X, y, np.ones(len(y), np.float32), np.arange(len(y)) // FOLD, NAMES)


def new(seed: int) -> Gbdt:
    return Gbdt(TREES, seed=seed)


@cache
def made() -> Report:
    return report(make_samples(), USERS, SETTINGS, TREES, new)


def column(found: Report, name: str) -> dict[str, object]:
    return dict(zip(found.feature_report["feature"].to_pylist(), found.feature_report[name].to_pylist(), strict=True))


def test_what_matters_is_kept_and_the_rest_goes_with_its_reason() -> None:
    assert column(made(), "reason") == {
        "signal": "",
        "noise": "no gain, no loss when shuffled",
        "copy": "redundant",
        "same": "always the same value",
        "absent": "missing everywhere",
        "counter": "",
    }
    kept = [name for name, verdict in column(made(), "verdict").items() if verdict == "keep"]
    assert kept == ["signal", "counter"]
    assert column(made(), "better_feature")["copy"] == "signal"
    assert column(made(), "f_statistic")["same"] is None


def test_the_trial_shows_that_nothing_was_lost() -> None:
    trial = {row["metric"]: row for row in made().feature_trial.to_pylist()}
    assert set(trial) == {"auc", "normalised_entropy"}
    for row in trial.values():
        assert (row["features"], row["kept_features"], row["worse"]) == (6, 2, False)
        assert 0 < row["error"] < 0.02
    assert 0.7 < trial["auc"]["kept_value"] < 1


def test_a_trial_without_what_matters_is_worse() -> None:
    samples = make_samples()
    newest = samples.fold == FOLDS - 1
    kept = np.array([name in ("noise", "counter") for name in NAMES])
    figures = try_selection(new, samples.where(~newest), samples.where(newest), USERS[newest], kept, SETTINGS)
    assert [figure.worse for figure in figures] == [True, True]


def test_the_same_samples_give_the_same_report() -> None:
    again = report(make_samples(), USERS, SETTINGS, TREES, new)
    assert again.feature_report.equals(made().feature_report) and again.feature_trial.equals(made().feature_trial)


def test_no_verdict_sees_the_newest_window() -> None:
    samples = make_samples()
    newest = samples.fold == FOLDS - 1
    altered = replace(samples, X=np.where(newest[:, None], -7 * samples.X, samples.X), y=np.abs(samples.y - newest))
    found = report(altered, USERS, SETTINGS, TREES, new)
    assert found.feature_report.equals(made().feature_report)
    assert not found.feature_trial.equals(made().feature_trial)


def test_fewer_than_three_windows_are_refused() -> None:
    samples = make_samples()
    rows = samples.fold < 2
    with pytest.raises(ValueError, match=r"needs 3 label windows.* there are 2: take a later day.*label_windows\.$"):
        report(samples.where(rows), USERS[rows], SETTINGS, TREES, new)


def test_features_that_say_nothing_at_all_are_refused() -> None:
    samples = make_samples()
    with pytest.raises(ValueError, match="find nothing to split on"):
        report(replace(samples, X=np.ones_like(samples.X)), USERS, SETTINGS, TREES, new)


@cache
def shuffler() -> Shuffler:
    samples = make_samples()
    rows = samples.fold == 1
    booster = fit_trees(samples.where(samples.fold == 0), TREES, seed=1)
    return Shuffler(booster, samples.where(rows), USERS[rows], repeats=2, seed=1, num_threads=1)


def test_shuffling_costs_by_what_the_trees_make_of_a_feature() -> None:
    losses = dict(zip(NAMES, shuffler().losses(), strict=True))
    assert losses["same"] == losses["absent"] == (0.0, 0.0)
    assert losses["signal"][0] > losses["counter"][0] > 10 * losses["counter"][1] > 0
    assert abs(losses["noise"][0]) < 0.1 * losses["counter"][0]
    gains = gain_shares(shuffler().booster)
    assert gains.sum() == pytest.approx(1) and gains[0] > gains[5] > gains[1] > gains[3] == 0


def test_shuffling_leaves_no_trace() -> None:
    first = shuffler().loss([0])
    shuffler().loss([1, 5])
    assert shuffler().loss([0]) == first
    assert shuffler().loss([0, 5])[0] > first[0]

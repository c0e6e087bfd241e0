"""Why a feature goes or stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.select.redundant import Overlap
from models.select.scores import Scores
from models.select.settings import ReportSettings
from models.select.verdicts import CONSTANT, KEEP, NEVER_THERE, REDUNDANT, TOGETHER, USELESS, best_first, reasons

SETTINGS = ReportSettings(rows=1000, bins=5, repeats=1, min_gain=0.01, max_correlation=0.95, errors=2, seed=1)


def alone(count: int) -> Scores:
    zeros = np.zeros(count)
    return Scores(zeros.copy(), np.full(count, 9), zeros, zeros, zeros)


def no_overlap(count: int) -> Overlap:
    return Overlap(np.full(count, -1), np.zeros(count))


def never(columns: Sequence[int]) -> tuple[float, float]:
    pytest.fail(f"{columns} were shuffled together")


def free(_: Sequence[int]) -> tuple[float, float]:
    return 0.0, 1.0


def test_what_can_say_nothing_goes() -> None:
    scores = alone(3)
    scores.distinct[:] = 0, 1, 1
    scores.missing_share[:] = 1, 0, 0.5
    why = reasons(scores, no_overlap(3), np.array([0, 0, 0.5]), [(0, 0)] * 3, SETTINGS, never)
    assert why == [NEVER_THERE, CONSTANT, KEEP]


def test_little_gain_and_a_loss_within_the_noise_are_both_needed_to_go() -> None:
    gain = np.array([0.009, 0.011, 0.009, 0.009])
    losses = [(2.0, 1.0), (-1.0, 1.0), (2.1, 1.0), (-5.0, 1.0)]
    assert reasons(alone(4), no_overlap(4), gain, losses, SETTINGS, free) == [USELESS, KEEP, KEEP, USELESS]


def test_a_redundant_feature_goes_though_shuffling_it_costs() -> None:
    overlap = Overlap(np.array([-1, 0]), np.array([0, -0.95]))
    losses = [(5.0, 1.0), (5.0, 1.0)]
    assert reasons(alone(2), overlap, np.array([0.6, 0.4]), losses, SETTINGS, free) == [KEEP, REDUNDANT]
    overlap.correlation[1] = 0.94
    assert reasons(alone(2), overlap, np.array([0.6, 0.4]), losses, SETTINGS, free) == [KEEP, KEEP]


def test_twins_that_cover_for_each_other_are_judged_together() -> None:
    overlap = Overlap(np.array([-1, 0, -1]), np.array([0, 1.0, 0]))
    gain = np.array([0.004, 0.003, 0.9])

    def costly(columns: Sequence[int]) -> tuple[float, float]:
        assert sorted(columns) == [0, 1]
        return 5.0, 1.0

    losses = [(0.0, 1.0)] * 3
    assert reasons(alone(3), overlap, gain, losses, SETTINGS, costly) == [KEEP, REDUNDANT, KEEP]
    assert reasons(alone(3), overlap, gain, losses, SETTINGS, free) == [USELESS, REDUNDANT, KEEP]
    assert reasons(alone(3), overlap, gain * 2, losses, SETTINGS, free) == [KEEP, REDUNDANT, KEEP]


@pytest.mark.parametrize("most", range(6))
def test_of_idle_features_as_many_go_as_cost_nothing_together_the_cheapest_first(most: int) -> None:
    losses = [(place / 10, 1.0) for place in (3, 0, 4, 1, 2, 9)]

    def joint(columns: Sequence[int]) -> tuple[float, float]:
        return (0.0 if len(columns) <= most else 9.0), 1.0

    gain = np.array([0, 0, 0, 0, 0, 1])
    why = reasons(alone(6), no_overlap(6), gain, losses, SETTINGS, joint)
    cheapest = [1, 3, 4, 0, 2]
    assert [why[column] for column in cheapest] == [USELESS] * most + [TOGETHER] * (5 - most)


def test_one_feature_stays_in_any_case() -> None:
    why = reasons(alone(3), no_overlap(3), np.zeros(3), [(0.0, 1.0)] * 3, SETTINGS, free)
    assert why.count(USELESS) == 2


def test_the_best_is_first_and_ties_keep_their_places() -> None:
    gain, information = np.array([0.1, 0.5, 0.1, 0.1]), np.array([0.2, 0, 0.3, 0.2])
    assert best_first(gain, information) == [1, 2, 0, 3]

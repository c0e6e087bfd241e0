"""A small A/A study: false alarms are as many as promised, and reading the log loses nothing but robots."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import binomtest

from benchmarks.aa import ALWAYS, ANY, DAILY, METRICS, ONCE, UserDays, read_log, study
from examples.world import WorldConfig

SMALL = WorldConfig(days=4, users=600, items=60, events=30_000, bot_share=0.0, seed=11)
RUNS, WATCHED = 400, 60


@pytest.fixture(scope="module")
def total() -> dict[str, dict[str, int]]:
    return study(SMALL, RUNS, WATCHED, most_exposures=1_000)


@pytest.mark.parametrize("name", [*METRICS, "sample ratio"])
def test_a_twentieth_of_the_runs_is_a_false_alarm_when_judged_once(total: dict[str, dict[str, int]], name: str) -> None:
    low, high = binomtest(total[ONCE].get(name, 0), RUNS).proportion_ci(0.999)
    assert low <= 0.05 <= high


def test_correction_and_daily_looks_raise_no_more(total: dict[str, dict[str, int]]) -> None:
    assert binomtest(total[ONCE].get(ANY, 0), RUNS, 0.05, "greater").pvalue > 0.001
    for name in (*METRICS, ANY):
        assert binomtest(total[ALWAYS].get(name, 0), WATCHED, 0.05, "greater").pvalue > 0.001
    assert sum(total[DAILY].values()) > sum(total[ALWAYS].values())


def test_robots_are_left_out_and_all_others_counted() -> None:
    bots = replace(SMALL, bot_share=0.2, users=50, events=8_000, days=2)
    everyone, humans = (read_log(bots, most) for most in (10_000, 250))
    assert everyone.robots == 0 < humans.robots < 5
    assert _clicks(everyone) > 1.5 * _clicks(humans) > 0


def _clicks(log: UserDays) -> int:
    return int(log.counts["click"][-1].sum())

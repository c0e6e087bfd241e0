from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluate.pool import Window, best_ranker, pooled, winner

WEEK = Window(
    100, {"lr": 0.2, "gbdt": 0.21, "hot": 0.1}, {"lr": (0.0, 0.0), "gbdt": (0.01, 0.008), "hot": (-0.1, 0.01)}
)
DAY = Window(
    300, {"lr": 0.1, "gbdt": 0.11, "fused": 0.05}, {"lr": (0.0, 0.0), "gbdt": (0.01, 0.004), "fused": (0.0, 1.0)}
)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ({"fused": 0.2, "popular": 0.1, "gbdt": 0.3, "hot": 0.9}, "gbdt"),
        ({"fused": 0.3, "popular": 0.1, "gbdt": 0.3}, "fused"),
        ({"fused": 0.2, "popular": 0.4, "gbdt": 0.3}, "popular"),
        ({"fused": 0.2, "gbdt": 0.3}, "gbdt"),
        ({"fused": 0.2, "popular": 0.1, "gbdt": 0.3, "coarse": 0.4}, "gbdt"),
        ({"fused": 0.3, "popular": 0.1, "gbdt": 0.2, "coarse": 0.4}, "coarse"),
        ({"fused": 0.3, "popular": 0.1, "gbdt": 0.2, "coarse": 0.1}, "fused"),
    ],
)
def test_a_ranker_has_to_be_better_than_what_needs_no_learning(means: dict[str, float], expected: str) -> None:
    assert winner(means, "gbdt", ["fused", "popular"], "coarse") == expected


def test_users_count_alike_and_sources_that_a_window_lacks_not_at_all() -> None:
    both = pooled([WEEK, DAY])
    assert both.users == 400
    assert both.values == pytest.approx({"lr": 0.125, "gbdt": 0.135})
    assert both.leads["gbdt"] == pytest.approx((0.01, math.hypot(0.25 * 0.008, 0.75 * 0.004)))


def test_the_configured_ranker_stands_unless_another_leads_by_more_than_chance() -> None:
    assert best_ranker(WEEK, ["lr", "gbdt"], 0.95) == "lr", "1.25 standard errors"
    assert best_ranker(DAY, ["lr", "gbdt"], 0.95) == "gbdt", "2.5 of them"
    assert best_ranker(pooled([WEEK, WEEK, WEEK]), ["lr", "gbdt"], 0.95) == "gbdt", "the same lead three times"
    assert best_ranker(DAY, ["lr"], 0.95) == "lr"
    better = Window(9, {"lr": 0.1, "gbdt": 0.2, "fm": 0.3}, {"lr": (0, 0), "gbdt": (0.1, 0.01), "fm": (0.2, 0.01)})
    assert best_ranker(better, ["lr", "gbdt", "fm"], 0.95) == "fm"


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(-1, 1), st.floats(0, 1)), min_size=1, max_size=5))
def test_windows_together_lie_among_them(told: list[tuple[int, float, float]]) -> None:
    one = pooled([Window(users, {"a": lead}, {"a": (lead, error)}) for users, lead, error in told])
    lead, error = one.leads["a"]
    assert min(lead for _, lead, _ in told) - 1e-9 <= lead <= max(lead for _, lead, _ in told) + 1e-9
    assert error <= max(error for _, _, error in told) + 1e-9 and one.values["a"] == pytest.approx(lead, abs=1e-9)

"""What the closed loop's report says of a few events whose figures are known by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from examples.closed_loop_app import LISTS
from examples.closed_loop_figures import lift, new_items, plain, relative_change, served
from models.experiment.judge import Judging
from models.experiment.moments import Moments
from predawn.assignment import CONTROL

SHARES = {CONTROL: 0.5, LISTS: 0.5}
DAYS = ["2026-01-04", "2026-01-05", "2026-01-06"]


def events(rows: list[tuple[str, str, str, str, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["day", "user_id", "item_id", "event_type", "variant"])


def user_of(arm: str, n: int, shown: int, clicks: int) -> list[tuple[str, str, str, str, str | None]]:
    kinds = ["impression"] * shown + ["click"] * clicks
    return [(DAYS[0], f"{arm}{n}", f"i{at}", kind, arm) for at, kind in enumerate(kinds)]


def test_lift_by_hand() -> None:
    rows = [row for n in range(60) for row in user_of(LISTS, n, 10, 2 + n % 2) + user_of(CONTROL, n, 10, n % 3)]
    found = lift(events(rows), SHARES, Judging(min_users=50))
    assert (found.lists.users, found.lists.impressions, found.lists.clicks) == (60, 600, 150)
    assert (found.control.users, found.control.ctr) == (60, 0.1)
    assert found.lift == pytest.approx(0.25 / 0.1 - 1)
    assert 0 < found.lift_low < found.lift < found.lift_high
    assert found.p_value < 1e-6 and found.sample_ratio_p == 1.0


def test_few_users_are_not_tested() -> None:
    found = lift(events(user_of(LISTS, 0, 10, 1) + user_of(CONTROL, 0, 10, 0)), SHARES, Judging())
    assert found.control.ctr == 0.0 and math.isnan(found.lift) and math.isnan(found.p_value)
    assert plain(found)["p_value"] is None


def test_users_without_impressions_and_other_events_do_not_count() -> None:
    rows = user_of(LISTS, 0, 4, 1) + user_of(CONTROL, 0, 4, 1) + user_of(LISTS, 1, 0, 1)
    rows += [(DAYS[0], "lists0", "i1", "like", LISTS), (DAYS[0], "lists0", "i1", "impression", None)]
    found = lift(served(events(rows)), SHARES, Judging())
    assert (found.lists.users, found.lists.impressions, found.lists.clicks) == (1, 4, 1)


def test_the_interval_of_a_relative_change_holds_its_promise() -> None:
    """The true change lies in about 95 of 100 intervals, where users differ much."""
    rng, held, runs = np.random.default_rng(3), 0, 400

    def arm(rate: float) -> Moments:
        shown = rng.poisson(10, 200) + 1
        return Moments.of(rng.binomial(shown, np.clip(rate * rng.gamma(4.0, 0.25, 200), 0, 1)), shown)

    for _ in range(runs):
        _, low, high = relative_change(arm(0.15), arm(0.10), 0.05)
        held += low < 0.5 < high
    assert 0.92 < held / runs < 0.98


def test_new_items_by_hand() -> None:
    born = pd.Series(
        {"old": "2025-12-01", "recent": "2026-01-02", "a": DAYS[0], "b": DAYS[1], "late": DAYS[2]},
    )
    rows = [
        (DAYS[1], "u1", "a", "impression", LISTS),
        (DAYS[1], "u1", "a", "click", LISTS),
        (DAYS[1], "u1", "old", "impression", LISTS),
        (DAYS[2], "u1", "a", "impression", LISTS),
        (DAYS[2], "u2", "recent", "impression", LISTS),
        (DAYS[2], "u2", "recent", "click", LISTS),
        (DAYS[2], "u2", "old", "impression", LISTS),
        (DAYS[2], "u2", "old", "impression", LISTS),
    ]
    found = new_items(events(rows), born, DAYS)
    assert (found.born, found.shown, found.clicked) == (2, 1, 1), "what is born on the last day stands in no list"
    assert (found.of_impressions, found.of_clicks) == (2 / 6, 1 / 2)
    assert found.fresh == 3 / 6 and found.coverage == 3 / 5
    # a and b reach an age of 1 day, and a one of 2.
    assert found.by_age == {1: 1 / 2, 2: 1.0}


def test_an_arm_without_events_has_no_shares() -> None:
    found = new_items(events([]), pd.Series({"a": DAYS[0]}), DAYS)
    assert (found.born, found.shown, found.coverage) == (1, 0, 0.0)
    assert math.isnan(found.of_clicks) and plain(found)["of_clicks"] is None

"""What the closed loop shows, from the tables that the pipeline made of its logs: lift, exploration, coverage.

Errors are those of users drawn at random, by the project's own experiment machinery (docs/experiments.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd
from scipy.special import ndtri

from examples.closed_loop_app import LISTS
from models.experiment.judge import Judging, judge
from models.experiment.moments import Moments
from predawn.assignment import CONTROL

ARMS = (LISTS, CONTROL)
FRESH_DAYS = 7


@dataclass(frozen=True)
class Arm:
    """What the users of one arm were shown and clicked."""

    users: int
    impressions: int
    clicks: int
    ctr: float


@dataclass(frozen=True)
class Lift:
    """The lists beside popularity. lift: relative, of clicks per impression, with its interval, for one look.

    p_value: of no difference. sample_ratio_p: of the users having been assigned by their shares. NaN where there are
    too few users or no clicks.
    """

    lists: Arm
    control: Arm
    lift: float
    lift_low: float
    lift_high: float
    p_value: float
    sample_ratio_p: float


@dataclass(frozen=True)
class NewItems:
    """What became of the items born in the loop, in one arm. born: how many could stand in a list. shown, clicked: of
    those. of_impressions, of_clicks: share of theirs in all of the arm. fresh: share of impressions that are of items
    at most FRESH_DAYS old, born in the loop or not. coverage: share of the last day's catalogue that was shown.
    by_age: days since birth -> impressions of an item on the day on which it is so old.
    """

    born: int
    shown: int
    clicked: int
    of_impressions: float
    of_clicks: float
    fresh: float
    coverage: float
    by_age: dict[int, float]


def served(events: pd.DataFrame) -> pd.DataFrame:
    """The events of lists. events: day, user_id, item_id, event_type, variant, one row an event."""
    return events[events["variant"].isin(ARMS)]


def lift(events: pd.DataFrame, shares: Mapping[str, float], settings: Judging) -> Lift:
    """Of the events of lists of one day or several, as in `served`. shares: variant -> share of the users."""
    counts = events.groupby(["variant", "user_id", "event_type"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["impression", "click"], fill_value=0)
    counts = counts[counts["impression"] > 0]
    moments, arms = {}, {}
    for name in (CONTROL, LISTS):
        mine = counts[counts.index.get_level_values("variant") == name]
        moments[name] = Moments.of(mine["click"].to_numpy(), mine["impression"].to_numpy())
        shown, clicks = int(mine["impression"].sum()), int(mine["click"].sum())
        arms[name] = Arm(len(mine), shown, clicks, _share(clicks, shown))
    found = next(each for each in judge({"ctr": moments}, shares, CONTROL, settings) if each.variant == LISTS)
    change = relative_change(moments[LISTS], moments[CONTROL], settings.alpha)
    return Lift(arms[LISTS], arms[CONTROL], *change, found.p_value, found.sample_ratio_p)


def relative_change(sums: Moments, control: Moments, alpha: float) -> tuple[float, float, float]:
    """value / control's value - 1 with its interval, by the delta method on the logarithm of the quotient, since a
    quotient's own error is lopsided. NaN where one of the values isn't above 0."""
    (value, own), (base, other) = sums.ratio(), control.ratio()
    if not (value > 0 and base > 0):
        return math.nan, math.nan, math.nan
    margin = float(-ndtri(alpha / 2)) * math.sqrt(own / value**2 + other / base**2)
    low, middle, high = (value / base * math.exp(sign * margin) - 1 for sign in (-1, 0, 1))
    return middle, low, high


def new_items(events: pd.DataFrame, born: pd.Series, days: Sequence[str]) -> NewItems:
    """One arm's events of lists. born: item_id -> day of birth, of the last day's catalogue. days: of the loop.

    An item born on a day is known to that night, so the lists of the day after are the first that can show it; those
    born on the last day don't count.
    """
    shown, clicks = (events[events["event_type"] == kind] for kind in ("impression", "click"))
    new = born[(born >= days[0]) & (born < days[-1])].index
    new_shown, new_clicks = (frame[frame["item_id"].isin(new)] for frame in (shown, clicks))
    ages = _days_between(shown["item_id"].map(born), shown["day"])
    return NewItems(
        born=len(new),
        shown=new_shown["item_id"].nunique(),
        clicked=new_clicks["item_id"].nunique(),
        of_impressions=_share(len(new_shown), len(shown)),
        of_clicks=_share(len(new_clicks), len(clicks)),
        fresh=_share(int((ages <= FRESH_DAYS).sum()), len(shown)),
        coverage=_share(shown["item_id"].nunique(), len(born)),
        by_age=_by_age(new_shown, born[new], days),
    )


def _by_age(shown: pd.DataFrame, born: pd.Series, days: Sequence[str]) -> dict[int, float]:
    """shown: impressions of the items `born` in the loop. Items count at the ages that they reach within the loop."""
    seen = _days_between(shown["item_id"].map(born), shown["day"]).value_counts()
    reached = _days_between(born, pd.Series(days[-1], born.index))
    return {
        age: float(seen.get(age, 0)) / count for age in range(1, len(days)) if (count := int((reached >= age).sum()))
    }


def _days_between(first: pd.Series, last: pd.Series) -> pd.Series:
    return (pd.to_datetime(last) - pd.to_datetime(first)).dt.days


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def plain(found: Lift | NewItems) -> dict[str, object]:
    """For JSON, which has no NaN."""

    def known(value: object) -> object:
        if isinstance(value, dict):
            return {str(name): known(part) for name, part in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {name: known(value) for name, value in asdict(found).items()}

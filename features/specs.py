"""Every feature that there is, one line each; which of them exist follows from the data set's facts. No Spark.

The lines are of the kinds in `features/spec.py`. Another feature is another line: the table's contract, the ranker's
columns and docs/features.md follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from features.facts import Facts
from features.generated import generated, named_events
from features.numbers import catalogue_numbers, look_up, mean_of_taken
from features.pairs import HALF_LIVES, KEPT_WINDOWS, day_masks
from features.spec import (
    HISTORY,
    ITEM_DAILY,
    MEASURES,
    UNITS,
    USER_DAILY,
    Beta,
    Events,
    Feature,
    active_days,
    count,
    distinct,
    label,
    mean,
    popularity,
    rate,
    recency,
    velocity,
)

GROUPS = ("category", "subcategory", "brand")
WINDOWS = (1, 7, 28)
HALF_LIVES_HOURS = (2, 6, 24, 72)  # of what is taken right now
SHOWN = "shown"  # the family of features of what a user was shown, keyed by item
VALUE_MEAN = "value_mean_history"


def user_features(facts: Facts) -> list[Feature]:
    """Per user of the directory, given to the ranker with every candidate of the user."""
    positive, exposure = named_events("positive", facts), named_events("exposure", facts)
    return [
        *(count(USER_DAILY, events, days) for events in _each(facts) for days in WINDOWS),
        *(_sum_of_pairs(kind) for kind in facts.kept),
        *_rates(USER_DAILY, facts, WINDOWS),
        *(active_days(USER_DAILY, positive, days) for days in WINDOWS[1:]),
        *([recency(USER_DAILY, exposure, WINDOWS[-1])] if exposure.types else []),
        Feature("days_since_last", "min(days_since_last)", _LAST, aggregation="recency", window="history", null=_NONE),
        *(distinct("item", days) for days in (WINDOWS[-1], HISTORY)),
        _repeat_share("the user's items taken"),
        *_means(USER_DAILY, facts),
        *(mean_of_taken(name) for name in catalogue_numbers(facts)),
        *generated("user", USER_DAILY, facts),
    ]


def item_features(facts: Facts) -> list[Feature]:
    """Per item of the directory; those of a group (`category_...`) are the same for all of its items."""
    positive = named_events("positive", facts)
    return [
        *(count(ITEM_DAILY, events, days) for events in _each(facts) for days in WINDOWS),
        *(_sum_of_pairs(kind) for kind in facts.kept),
        *_rates(ITEM_DAILY, facts, WINDOWS[1:]),
        velocity(ITEM_DAILY, positive, 1, 7),
        velocity(ITEM_DAILY, positive, 7, 28),
        *(popularity(positive, half_life, facts.fresh_days) for half_life in HALF_LIVES_HOURS),
        Feature(
            "days_since_first", "max(days_since_first)", _FIRST, aggregation="recency", window="history", null=_NONE
        ),
        Feature("days_since_last", "min(days_since_last)", _LAST, aggregation="recency", window="history", null=_NONE),
        *(distinct("user", days) for days in (WINDOWS[-1], HISTORY)),
        Feature(
            "audience_breadth_28d",
            "",
            "distinct users per user-day with a positive event, 28 days: 1 when nobody came back",
            aggregation="rate",
            window="28d",
            smoothing=Beta("count_if(positive_days_28d > 0)", "sum(positive_days_28d)"),
        ),
        _repeat_share("its users who took it"),
        *_means(ITEM_DAILY, facts),
        *([look_up("age_days", "days since the item was created", "creation day unknown")] if facts.created else []),
        *(look_up(name, about, "unknown") for name, about in catalogue_numbers(facts).items()),
        *generated("item", ITEM_DAILY, facts),
    ]


def group_features(facts: Facts, group: str) -> list[Feature]:
    """Per category, subcategory or brand; `item_features` has them under the group's name."""
    return generated(group, ITEM_DAILY, facts)


def all_item_features(facts: Facts) -> list[Feature]:
    """The item's own, then those of its groups under the groups' names: the columns of `item_features`."""
    of_groups = [
        replace(feature, name=f"{group}_{feature.name}", about=f"of its {group}: {feature.about}", default=None)
        for group in GROUPS
        for feature in group_features(facts, group)
    ]
    return [*item_features(facts), *of_groups]


def pair_features(facts: Facts) -> list[Feature]:
    """Per user and item of `user_item_history`, arithmetic over its row (`features/expressions.py`).

    Where an item isn't recommended to who took it, what was done with it says nothing about a candidate: only what
    lists must leave out is kept.
    """
    taken = _pair("positive_days", "days with a positive event", "positive_days_history")
    if not facts.repeats:
        banned = [_counted(kind, HISTORY) for kind in facts.with_role("negative")]
        return [replace(taken, ranked=False), *banned]
    interval = "try_divide(days_since_first - days_since_last, positive_days_history - 1)"
    return [
        *(_counted(kind, days) for kind in facts.kept for days in KEPT_WINDOWS),
        taken,
        _pair("days_since_last", _LAST, null=_NONE),
        _pair("days_since_first", _FIRST, null=_NONE),
        _pair("interval_mean", "mean days between positive days", interval, null=_DUE_NULL),
        _pair("interval_ratio", _DUE_ABOUT, _DUE, null=_DUE_NULL),
        *(_decayed_weight(days) for days in HALF_LIVES),
        *([_pair("dwell_mean", f"mean {MEASURES['dwell']}", _MEAN_DWELL)] if facts.dwell else []),
    ]


def shown_features(facts: Facts) -> list[Feature]:
    """Per user and item shown in the last `windows.shown_days`; aggregates over `exposures_daily`."""
    exposure, days = named_events("exposure", facts), facts.shown_days
    if not exposure.types:
        return []
    source = "exposures_daily"
    return [
        count(source, exposure, days),
        recency(source, exposure, days),
        *([mean(source, "dwell", exposure, days)] if facts.dwell else []),
    ]


def affinity_features(facts: Facts) -> list[Feature]:
    """Per user and group of items; `sql` is taken of each of the user's taken items in the group, over its row of
    `user_item_history`, and `aggregation` (`features.arrays.Runs`) is made of these.
    """
    due = ", ".join(("days_since_last", "days_since_first", *day_masks(facts)))
    days, last = "item-days with a positive event in the group", "days since the last positive event in the group"
    match = "the group's share of the user's positive item-days: how well an item of it matches"
    return [
        Feature("positive_days", "positive_days_history", days, aggregation="sum", window="history"),
        Feature("positive_days_28d", "positive_days_28d", days, aggregation="sum", window="28d"),
        Feature("share", "positive_days_history", match, aggregation="share", window="history"),
        Feature("days_since_last", "days_since_last", last, aggregation="min", window="history"),
        Feature("interval_ratio", due, _DUE_ABOUT, aggregation="due", window="history", null=_DUE_NULL),
        Feature("item_count", "1", "distinct items taken in the group", aggregation="sum", window="history"),
    ]


def match_features(facts: Facts) -> list[Feature]:
    """Per candidate, from a user's and an item's columns: `sql` names them, the user's first."""
    columns = {name: f"user_{name}_mean, item_{name}" for name in catalogue_numbers(facts)}
    if facts.value:
        columns.setdefault("price", f"user_{VALUE_MEAN}, item_{VALUE_MEAN}")
    about = "logarithm of the item's {} over its mean in what the user took"
    null = "one of them unknown, or not above 0"
    return [Feature(name, sql, about.format(name), "features", "log ratio", null=null) for name, sql in columns.items()]


def matched_columns(feature: Feature) -> tuple[str, str]:
    """The user's and the item's column of a match feature."""
    user, _, item = feature.sql.partition(", ")
    return user, item


def context_features(facts: Facts) -> list[Feature]:
    """Of the day that the list is for, the day after `ds`; the same for all candidates (`features/context.py`)."""
    weekday = Feature("weekday", "", "day of the week, 0 is Monday", "calendar", "context")
    holiday = Feature("is_holiday", "", "1 on a holiday of the data set's calendar, else 0", "calendar", "context")
    return [weekday, holiday] if facts.holidays else [weekday]


_DUE = "try_divide(days_since_last * (positive_days_history - 1), days_since_first - days_since_last)"
_MEAN_DWELL = f"try_divide(dwell_units, dwell_count) / {UNITS['dwell']}"
_DUE_ABOUT = "days since the last positive event over the mean interval: about 1 when due"
_DUE_NULL = "fewer than two positive days"
_FIRST = "days since the first positive event in the window"
_LAST, _NONE = "days since the last positive event, 0 is the day itself", "no positive event in the window"


def _each(facts: Facts) -> list[Events]:
    return [named_events(kind, facts) for kind in facts.roles]


def _rates(source: str, facts: Facts, windows: tuple[int, ...]) -> Iterator[Feature]:
    """Per exposure; and of what follows the first positive type, per event of that one: CTR and CVR."""
    exposure, positive = named_events("exposure", facts), facts.with_role("positive")
    if exposure.types:
        yield from (rate(source, named_events(kind, facts), exposure, days) for kind in facts.kept for days in windows)
    first = named_events(positive[0], facts)
    for kind in facts.with_role("positive", "other"):
        if kind != first.name:
            yield rate(source, named_events(kind, facts), first, windows[-1], name=f"per_{first.name}")


def _means(source: str, facts: Facts) -> Iterator[Feature]:
    for role in ("exposure", "positive"):
        events = named_events(role, facts)
        if facts.dwell and events.types:
            yield mean(source, "dwell", events, WINDOWS[-1])
    if facts.value:
        sql = f"try_divide(sum(value_units), sum(value_count)) / {UNITS['value']}"
        about, null = "mean value of an event, in the source's money", "no event carried a value"
        yield Feature(VALUE_MEAN, sql, about, aggregation="mean", window="history", null=null)


def _counted(kind: str, days: int) -> Feature:
    return _pair(f"{kind}_count_{label(days)}", f"{kind} events", window=label(days))


def _decayed_weight(half_life: int) -> Feature:
    name = f"weight_half_life_{half_life}d"
    return _pair(name, f"event weights, halved per {half_life} days of age", f"{name} / {UNITS['weight']}")


def _sum_of_pairs(kind: str) -> Feature:
    name = f"{kind}_count_history"
    return Feature(
        name, f"sum({name})", f"{kind} events, whole window", aggregation="count", window="history", default=0.0
    )


def _repeat_share(whose: str) -> Feature:
    beta = Beta("count_if(positive_days_history > 1)", "count_if(positive_days_history > 0)")
    about = f"share of {whose} on more than one day"
    return Feature("repeat_share", "", about, aggregation="rate", window="history", smoothing=beta)


def _pair(name: str, about: str, sql: str = "", window: str = "history", null: str = "") -> Feature:
    """A column of user_item_history as it is, or the SQL that turns its row into a feature."""
    return Feature(name, sql or name, about, aggregation="look-up", window=window, null=null)

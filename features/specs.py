"""Every feature as one declared line: its name, the SQL that makes it, what it means. Plain data, no Spark.

Names carry aggregation and window (`click_count_7d`); `history` is the whole window of `windows.history_days`. The SQL
reads the columns of `user_item_history` (`features/history.py`), one row per user and item, or aggregates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PAIR_WINDOWS = {"1d": 1, "7d": 7, "28d": 28}
HISTORY = "history"
RATE_PRIOR_STRENGTH = 20.0
# Whole hundredths add up to the same sum in any order of the rows; doubles do not.
VALUE_MEAN = "try_divide(sum(cast(round(value_sum * 100) AS bigint)) / 100, sum(value_count))"
HALF_LIVES = (7, 30, 90)
WEIGHT_UNITS = 1000000
GROUPS = ("category", "subcategory", "brand")


@dataclass(frozen=True)
class Feature:
    """sql: an expression over the source's columns; null in the result means what `null` says, never zero."""

    name: str
    sql: str
    about: str
    null: str = ""


def pair_features(roles: Mapping[str, str]) -> list[Feature]:
    """Per user and item, whole numbers; aggregates over one row per user, item and day (`age` in days before as-of).

    A day row has `<type>_count` and `weight`, the summed weight of its positive events, 0 when it has none.
    """
    windows = (*PAIR_WINDOWS.items(), (HISTORY, 0))
    counts = [
        Feature(
            f"{kind}_count_{window}", f"sum(if({_within(days)}, {kind}_count, 0))", f"{kind} events, window {window}"
        )
        for kind in roles
        for window, days in windows
    ]
    positive_days = [
        Feature(
            f"positive_days_{window}",
            f"count_if(weight > 0 AND {_within(days)})",
            f"days with a positive event, window {window}",
        )
        for window, days in windows
    ]
    return [
        *counts,
        *positive_days,
        Feature(
            "day_mask_28d",
            "sum(if(weight > 0 AND age < 28, shiftleft(1L, age), 0L))",
            "bit n is set when there was a positive event n days before",
        ),
        Feature(
            "days_since_last",
            "min(if(weight > 0, age, NULL))",
            "days since the last positive event, 0 is the day itself",
            null="no positive event in the window",
        ),
        Feature(
            "days_since_first",
            "max(if(weight > 0, age, NULL))",
            "days since the first positive event",
            null="no positive event in the window",
        ),
        *(
            Feature(
                f"weight_half_life_{days}d",
                # Whole numbers add up to the same sum in any order of the rows; doubles do not.
                f"sum(cast(weight * pow(2D, -age / {days}D) * {WEIGHT_UNITS} AS bigint))",
                f"event weights, halved per {days} days of age, in units of 1 / {WEIGHT_UNITS}",
            )
            for days in HALF_LIVES
        ),
    ]


def day_weight(weights: Mapping[str, float]) -> str:
    """SQL: the summed weight of a day's positive events, over rows of `user_item_daily`; 0 when there are none."""
    cases = " ".join(f"WHEN '{kind}' THEN {weight!r}D" for kind, weight in weights.items())
    units = f"cast(round(event_count * CASE event_type {cases} ELSE 0D END * {WEIGHT_UNITS}) AS bigint)"
    return f"sum({units}) / {WEIGHT_UNITS}D"


def _within(days: int) -> str:
    return f"age < {days}" if days else "true"


def item_features(roles: Mapping[str, str]) -> list[Feature]:
    """Per item; aggregates over `user_item_history` joined with the item's catalogue row."""
    counts = [
        Feature(f"{kind}_count_{window}", f"sum({kind}_count_{window})", f"{kind} events, window {window}")
        for kind in roles
        for window in (*PAIR_WINDOWS, HISTORY)
    ]
    return [
        *counts,
        *_rates(roles),
        Feature("user_count_28d", "count_if(positive_days_28d > 0)", "users with a positive event in 28 days"),
        Feature(f"user_count_{HISTORY}", "count_if(positive_days_history > 0)", "users with a positive event"),
        Feature("positive_days_28d", "sum(positive_days_28d)", "user-days with a positive event, 28 days"),
        Feature(
            "trend_7d",
            "(sum(positive_days_7d) + 1) / (sum(positive_days_28d) / 4 + 1)",
            "user-days of the last week over the weekly mean of four, both plus one",
        ),
        Feature(
            "repeat_share",
            "(count_if(positive_days_history > 1) + 1)"
            f" / (count_if(positive_days_history > 0) + {RATE_PRIOR_STRENGTH})",
            "share of its users who came back on another day, smoothed towards low",
        ),
        Feature(
            "value_mean",
            VALUE_MEAN,
            "mean value of an event, in the source's money",
            null="no event carried a value",
        ),
        Feature("age_days", "max(catalogue_age)", "days since the item was created", null="creation day unknown"),
        Feature("price", "max(catalogue_price)", "catalogue price, in the source's money", null="not in the catalogue"),
    ]


def _rates(roles: Mapping[str, str]) -> list[Feature]:
    """Rates per exposure, drawn to the population's rate by `RATE_PRIOR_STRENGTH` pseudo-exposures."""
    exposures = " + ".join(f"sum({kind}_count_28d)" for kind, role in roles.items() if role == "exposure")
    if not exposures:
        return []
    return [
        Feature(
            f"{kind}_rate_28d",
            f"(sum({kind}_count_28d) + {RATE_PRIOR_STRENGTH} * max({kind}_prior))"
            f" / ({exposures} + {RATE_PRIOR_STRENGTH})",
            f"{kind} events per exposure in 28 days, smoothed to the population's rate",
        )
        for kind, role in roles.items()
        if role != "exposure"
    ]


def user_features(roles: Mapping[str, str]) -> list[Feature]:
    """Per user; aggregates over `user_item_history`."""
    return [
        *(
            Feature(f"{kind}_count_{window}", f"sum({kind}_count_{window})", f"{kind} events, window {window}")
            for kind in roles
            for window in (*PAIR_WINDOWS, HISTORY)
        ),
        *_rates(roles),
        Feature("active_days_28d", "bit_count(bit_or(day_mask_28d))", "days with a positive event, 28 days"),
        Feature(
            "days_since_last",
            "min(days_since_last)",
            "days since the last positive event, 0 is the day itself",
            null="no positive event in the window",
        ),
        Feature("item_count_28d", "count_if(positive_days_28d > 0)", "distinct items with a positive event, 28 days"),
        Feature(f"item_count_{HISTORY}", "count_if(positive_days_history > 0)", "distinct items with a positive event"),
        Feature(
            "repeat_share",
            "(count_if(positive_days_history > 1) + 1) / (count_if(positive_days_history > 0) + 2)",
            "share of the user's items taken on more than one day, smoothed",
        ),
        Feature(
            "value_mean",
            VALUE_MEAN,
            "mean value of an event, in the source's money",
            null="no event carried a value",
        ),
    ]


def behaviour_features(roles: Mapping[str, str]) -> list[Feature]:
    """Per user and item; expressions over one row of `user_item_history`."""
    return [
        *(
            Feature(f"{kind}_count_{window}", f"{kind}_count_{window}", f"{kind} events, window {window}")
            for kind in roles
            for window in ("7d", "28d", HISTORY)
        ),
        Feature("positive_days", "positive_days_history", "days with a positive event"),
        Feature("days_since_last", "days_since_last", "days since the last positive event", null="no positive event"),
        Feature(
            "days_since_first", "days_since_first", "days since the first positive event", null="no positive event"
        ),
        Feature(
            "interval_mean",
            "try_divide(days_since_first - days_since_last, positive_days_history - 1)",
            "mean days between positive days",
            null="fewer than two positive days",
        ),
        Feature(
            "interval_ratio",
            "try_divide(days_since_last * (positive_days_history - 1), days_since_first - days_since_last)",
            "days since the last over the mean interval: about 1 when due",
            null="fewer than two positive days",
        ),
        *(
            Feature(
                f"weight_half_life_{days}d",
                f"weight_half_life_{days}d / {WEIGHT_UNITS}D",
                f"event weights, halved per {days} days of age",
            )
            for days in HALF_LIVES
        ),
    ]


def affinity_features() -> list[Feature]:
    """Per user and group of items (a category, a brand); aggregates over `user_item_history` with the item's group."""
    return [
        Feature("positive_days", "sum(positive_days_history)", "item-days with a positive event in the group"),
        Feature("positive_days_28d", "sum(positive_days_28d)", "the same in 28 days"),
        Feature(
            "days_since_last",
            "min(days_since_last)",
            "days since the last positive event in the group",
            null="no positive event in the group",
        ),
        Feature("item_count", "count_if(positive_days_history > 0)", "distinct items taken in the group"),
    ]

"""The columns of `user_item_history`: what is summed up of a user and an item, from which features follow. No Spark."""

from __future__ import annotations

from collections.abc import Mapping

from features.facts import Facts
from features.spec import HISTORY, UNITS, Feature, label

KEPT_WINDOWS = (7, 28, HISTORY)
HALF_LIVES = (7, 30, 90)
MASK_DAYS = 63  # bits of a signed 64-bit number that a day may set


def day_masks(facts: Facts) -> list[str]:
    """Names of the columns whose bits are the days with a positive event: bit n of column k is 63 k + n days before."""
    return [f"day_mask_{number}" for number in range(-(-facts.history_days // MASK_DAYS))]


def history_features(facts: Facts) -> list[Feature]:
    """Per user and item, whole numbers; aggregates over rows of the window's `user_item_daily` with `age`, the days
    before as-of, `is_positive` and `weight`, the millionths that the row's positive events weigh.
    """
    none = "no positive event in the window"
    return [
        *(
            _sum(
                f"{kind}_count_{label(days)}",
                f"sum(if(event_type = '{kind}' AND {_within(days)}, event_count, 0L))",
                f"{kind} events, window {label(days)}",
            )
            for kind in facts.kept
            for days in (KEPT_WINDOWS if facts.repeats else (HISTORY,))
        ),
        *(
            _sum(
                name,
                f"bit_or(if(is_positive AND age >= {start} AND age < {start + MASK_DAYS},"
                f" shiftleft(1L, age - {start}), 0L))",
                f"bit n is set when there was a positive event {start} + n days before",
            )
            for name, start in zip(day_masks(facts), range(0, facts.history_days, MASK_DAYS), strict=True)
        ),
        _sum("days_since_last", "min(if(is_positive, age, NULL))", "days since the last positive event", none),
        _sum("days_since_first", "max(if(is_positive, age, NULL))", "days since the first positive event", none),
        _sum("last_time", "max(if(is_positive, last_time, NULL))", "the last one, seconds since 1970", none),
        *(
            _sum(
                f"weight_half_life_{days}d",
                f"sum(cast(round(weight * pow(2D, -age / {days}D)) AS bigint))",
                f"event weights, halved per {days} days of age, in units of 1 / {UNITS['weight']}",
            )
            for days in HALF_LIVES
            if facts.repeats
        ),
        *(
            _sum(f"{what}_{part}", f"sum({what}_{part})", about, f"no event carried a {what}")
            for what in ("value", "dwell")
            if getattr(facts, what)
            for part, about in (("units", f"{what}, in units of 1 / {UNITS[what]}"), ("count", f"events with a {what}"))
        ),
    ]


def positive_days(facts: Facts) -> dict[str, str]:
    """Column of user_item_history -> SQL over the day masks: the days with a positive event in each window."""
    masks = day_masks(facts)
    days = {f"positive_days_{label(n)}": f"bit_count({masks[0]} & {(1 << n) - 1}L)" for n in KEPT_WINDOWS if n}
    return {**days, "positive_days_history": " + ".join(f"bit_count({mask})" for mask in masks)}


def weight_units(weights: Mapping[str, float]) -> str:
    """SQL over a row of `user_item_daily`: what its events weigh, in whole millionths; 0 when they aren't positive."""
    cases = " ".join(f"WHEN '{kind}' THEN {weight!r}D" for kind, weight in weights.items())
    return f"cast(round(event_count * CASE event_type {cases} ELSE 0D END * {UNITS['weight']}) AS bigint)"


def _within(days: int) -> str:
    return f"age < {days}" if days else "true"


def _sum(name: str, sql: str, about: str, null: str = "") -> Feature:
    return Feature(name, sql, about, "user_item_daily", "sum", null=null)

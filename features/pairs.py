"""The columns of `user_item_history`: sums of a user and an item, from which features follow. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from features.facts import Facts
from features.spec import HISTORY, UNITS, label

KEPT_WINDOWS = (7, 28, HISTORY)
HALF_LIVES = (7, 30, 90)
MASK_DAYS = 63  # bits of a signed 64-bit number that a day may set


@dataclass(frozen=True)
class PairSum:
    """One column, bigint: what the rows of a pair in the window's `user_item_daily` come to.

    how: a reduction of `features.arrays.REDUCTIONS`. of: what a row brings: `event_count`, `value_count`, `dwell_count`
    or `last_time` as they are; `age`, the days before as-of; `weight`, what its positive events weigh, halved per
    `half_life` days of age; `value` or `dwell`, the sum in whole units of `features.spec.UNITS`; `day_bit`, with bit
    `age - from_age` set. Only rows of event types `kinds` (all of them when empty) and of an age from `from_age` to
    below `below_age` (without a limit when 0) count. null: what it means that no row did; 0 stands then if empty.
    """

    name: str
    how: str
    of: str
    about: str
    kinds: tuple[str, ...] = ()
    from_age: int = 0
    below_age: int = 0
    half_life: int = 0
    null: str = ""


def day_masks(facts: Facts) -> list[str]:
    """Names of the columns whose bits are the days with a positive event: bit n of column k is 63 k + n days before."""
    return [f"day_mask_{number}" for number in range(-(-facts.history_days // MASK_DAYS))]


def pair_sums(facts: Facts) -> list[PairSum]:
    positive, none = facts.with_role("positive"), "no positive event in the window"
    return [
        *(
            PairSum(
                f"{kind}_count_{label(days)}",
                *("sum", "event_count", f"{kind} events, window {label(days)}"),
                kinds=(kind,),
                below_age=days,
            )
            for kind in facts.kept
            for days in (KEPT_WINDOWS if facts.repeats else (HISTORY,))
        ),
        *(
            PairSum(
                name,
                *("bits", "day_bit", f"bit n is set when there was a positive event {start} + n days before"),
                kinds=positive,
                from_age=start,
                below_age=start + MASK_DAYS,
            )
            for name, start in zip(day_masks(facts), range(0, facts.history_days, MASK_DAYS), strict=True)
        ),
        PairSum("days_since_last", "min", "age", "days since the last positive event", positive, null=none),
        PairSum("days_since_first", "max", "age", "days since the first positive event", positive, null=none),
        PairSum("last_time", "max", "last_time", "the last one, seconds since 1970", positive, null=none),
        *(
            PairSum(
                f"weight_half_life_{days}d",
                *("sum", "weight", f"event weights, halved per {days} days of age, in units of 1 / {UNITS['weight']}"),
                half_life=days,
            )
            for days in HALF_LIVES
            if facts.repeats
        ),
        *(
            column
            for what in ("value", "dwell")
            if getattr(facts, what)
            for column in (
                PairSum(
                    f"{what}_units",
                    *("sum", what, f"{what}, in units of 1 / {UNITS[what]}"),
                    null=f"no event carried a {what}",
                ),
                PairSum(f"{what}_count", "sum", f"{what}_count", f"events with a {what}"),
            )
        ),
    ]


def positive_days(facts: Facts) -> dict[str, dict[str, int]]:
    """Column of user_item_history -> which bits of which masks are its window: as many as are set are its days with a
    positive event.
    """
    masks, every = day_masks(facts), (1 << MASK_DAYS) - 1
    windows = {f"positive_days_{label(days)}": {masks[0]: (1 << days) - 1} for days in KEPT_WINDOWS if days}
    return {**windows, "positive_days_history": dict.fromkeys(masks, every)}


def history_columns(facts: Facts) -> tuple[str, ...]:
    """Those of user_item_history, apart from ds."""
    return ("user_id", "item_id", *(column.name for column in pair_sums(facts)), *positive_days(facts))

"""Views: pairs of who and where, of which it is counted how often what is shown is taken. Plain data, no Spark.

The context of an impression (position, page, hour) says more of a click than most of what is known of user and item;
the views count it alone and with both.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.facts import Facts
from features.spec import MEASURES

HOUR = "hour"
NO_OTHER = ""


@dataclass(frozen=True)
class View:
    """key, other: columns of an outcome with its item's groups; other is `NO_OTHER` for a view of the key alone."""

    key: str
    other: str = NO_OTHER

    @property
    def name(self) -> str:
        return "_".join(column.removesuffix("_id") for column in (self.key, self.other) if column)

    @property
    def of_user(self) -> bool:
        return self.key == "user_id"


TAKEN = View("user_id", "item_id")


def daily_views(facts: Facts) -> list[View]:
    """What is counted of a day: `TAKEN`, the hour; each context alone, by hour, of a user and of an item."""
    contexts = [
        View(*parts)
        for name in facts.context
        for parts in ((name,), (name, HOUR), ("user_id", name), ("item_id", name))
    ]
    return [TAKEN, View(HOUR), *contexts]


def views(facts: Facts) -> list[View]:
    """What the click model is told: the same with each group of items of a user in the place of `TAKEN`."""
    return [*daily_views(facts)[1:], *(View("user_id", group) for group in facts.groups)]


def followers(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Name -> event types that may follow an exposure: all positive ones under one name, and each of no role."""
    return {"positive": facts.with_role("positive"), **{kind: (kind,) for kind in facts.with_role("other")}}


def statistics(facts: Facts) -> dict[str, str]:
    """Column of a view -> what it is; counts and rates are of exposures in the last `windows.shown_days`."""
    return {
        "count": "exposures",
        **{f"{name}_rate": f"exposures that a {name} event followed" for name in followers(facts)},
        **({"dwell_mean": f"mean {MEASURES['dwell']} of the exposures that logged some"} if facts.dwell else {}),
    }


def context_columns(facts: Facts) -> dict[str, str]:
    """Column of an impression -> what it is: when and where the item was shown."""
    return {
        "context_hour": "hour of the business day, 0 to 23",
        "context_weekday": "day of the week, 0 is Monday",
        **{f"context_{name}": f"its {name}, where that is a number" for name in facts.context},
    }


def view_columns(facts: Facts) -> list[str]:
    """The columns of all views, as the click model is given them."""
    return [f"by_{view.name}_{column}" for view in views(facts) for column in statistics(facts)]

"""What of the catalogue is a number: the price, and whatever else the overlay names. Plain data, no Spark."""

from __future__ import annotations

from features.facts import Facts
from features.spec import CATALOGUE, UNITS, Feature


def catalogue_numbers(facts: Facts) -> dict[str, str]:
    """What of the catalogue is a number -> what it is: the price, and `number_<name>` of what the overlay names."""
    price = {"price": "catalogue price, in the source's money"} if facts.price else {}
    return {**price, **{f"number_{name}": f"the item's {name}" for name in facts.item_numbers}}


def mean_of_taken(name: str) -> Feature:
    """Per user: of the number, which is joined to each pair as `<name>_units`."""
    units, days = f"{name}_units", "positive_days_history"
    sql = f"try_divide(sum({units} * {days}), sum(if({units} IS NULL, 0, {days}))) / {UNITS['value']}"
    about, null = f"mean {name} of what the user took, as the catalogue says", "of nothing taken it is known"
    return Feature(f"{name}_mean", sql, about, aggregation="mean", window="history", null=null)


def look_up(name: str, about: str, null: str) -> Feature:
    """Per item: a column of the catalogue as it is."""
    return Feature(name, name, about, CATALOGUE, "look-up", null=null)

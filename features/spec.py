"""The form of a feature: one declared line, from which plan, contract, the ranker's columns and the docs follow.

Plain data, no Spark. The functions below make the common kinds; a special one gives its SQL. Names carry aggregation
and window: `click_count_7d`; `history` is the whole window of `windows.history_days`.
"""

from __future__ import annotations

from dataclasses import dataclass

HISTORY = 0  # of days: the whole window
MEASURES = {"value": "value", "dwell": "log(1 + seconds) of dwell"}  # what is added up of them, in words
UNITS = {"value": 10_000, "dwell": 1_000_000, "weight": 1_000_000}
"""Sums are of whole units: doubles would add up to another sum in another order of the rows."""

USER_DAILY, ITEM_DAILY, USER_ITEM_DAILY = "user_daily", "item_daily", "user_item_daily"
PAIRS, CATALOGUE = "user_item_history", "items"


@dataclass(frozen=True)
class Beta:
    """SQL of whole numbers: `hits` of `tries`, drawn to a Beta prior that is fitted to all entities of the day."""

    hits: str
    tries: str


@dataclass(frozen=True)
class Feature:
    """source: the table whose rows are aggregated. sql: an expression over them, of aggregates of whole numbers, as far
    as `features/expressions.py` knows it; not used when there is `smoothing`. default: what an entity without a row in
    the source gets, null when None. null: what a null means. ranked: whether the ranker is given it.
    """

    name: str
    sql: str
    about: str
    source: str = PAIRS
    aggregation: str = "special"
    window: str = ""
    smoothing: Beta | None = None
    default: float | None = None
    null: str = ""
    ranked: bool = True


@dataclass(frozen=True)
class Events:
    """Some event types under one name."""

    name: str
    types: tuple[str, ...]

    @property
    def sql(self) -> str:
        return f"event_type IN ({', '.join(repr(kind) for kind in self.types)})"


@dataclass(frozen=True)
class Cell:
    """A part of the rows, such as those of an hour."""

    name: str
    sql: str
    about: str


EVERYWHERE = Cell("", "true", "")


def label(days: int) -> str:
    return f"{days}d" if days else "history"


def _days(days: int) -> str:
    return "the whole window" if days == HISTORY else f"{days} day" + "s" * (days > 1)


def total(events: Events, days: int, column: str = "event_count", cell: Cell = EVERYWHERE) -> str:
    """SQL: the sum of a whole-number column over rows of `user_daily` or `item_daily`."""
    conditions = [events.sql, f"age < {days}", *([] if cell is EVERYWHERE else [cell.sql])]
    return f"sum(if({' AND '.join(conditions)}, {column}, 0L))"


def count(source: str, events: Events, days: int, cell: Cell = EVERYWHERE) -> Feature:
    name = "_".join(filter(None, (events.name, "count", cell.name, label(days))))
    about = f"{events.name} events{cell.about}, {_days(days)}"
    return Feature(name, total(events, days, cell=cell), about, source, "count", label(days), default=0.0)


def rate(
    source: str, events: Events, per: Events, days: int, *, name: str = "rate", cell: Cell = EVERYWHERE
) -> Feature:
    """Events per other events, such as clicks per impression."""
    beta = Beta(total(events, days, cell=cell), total(per, days, cell=cell))
    name = "_".join(filter(None, (events.name, name, cell.name, label(days))))
    about = f"{events.name} events per {per.name}{cell.about}, {_days(days)}"
    return Feature(name, "", about, source, "rate", label(days), beta)


def share(source: str, events: Events, days: int, cell: Cell) -> Feature:
    """The part of the events that falls into a cell."""
    beta = Beta(total(events, days, cell=cell), total(events, days))
    about = f"share of the {events.name} events{cell.about}, {_days(days)}"
    return Feature(f"{events.name}_share_{cell.name}_{label(days)}", "", about, source, "share", label(days), beta)


def velocity(source: str, events: Events, short: int, long: int) -> Feature:
    """The short window against the long one at the same length, both plus one."""
    sql = f"({total(events, short)} + 1D) / ({total(events, long)} * {short} / {long} + 1D)"
    about = f"{events.name} events of {_days(short)} over what {long} days had in as many, both plus one"
    name = f"{events.name}_velocity_{label(short)}_{label(long)}"
    return Feature(name, sql, about, source, "ratio of windows", f"{label(short)}, {label(long)}", default=1.0)


def halved(half_life: int) -> str:
    """The column of `features/freshness.py` that counts half per so many hours."""
    return f"halved_{half_life}h"


def popularity(events: Events, half_life: int, days: int) -> Feature:
    """What is taken right now, comparable from day to day whatever the traffic."""
    about = f"users a day with {events.name} events, halved per {half_life} hours since, as a share of all items'"
    name = f"popularity_half_life_{half_life}h"
    return Feature(name, f"sum({halved(half_life)})", about, USER_ITEM_DAILY, "decayed share", label(days), default=0.0)


def mean(source: str, what: str, events: Events, days: int, cell: Cell = EVERYWHERE) -> Feature:
    """The mean `value`, or log(1 + seconds) of the `dwell`, of the events that carried one."""
    parts = (total(events, days, column, cell) for column in (f"{what}_units", f"{what}_count"))
    name = "_".join(filter(None, (events.name, what, "mean", cell.name, label(days))))
    about = f"mean {MEASURES[what]} of the {events.name} events that carried one{cell.about}, {_days(days)}"
    sql = f"try_divide({next(parts)}, {next(parts)}) / {UNITS[what]}"
    return Feature(name, sql, about, source, "mean", label(days), null=f"none carried a {what}")


def active_days(source: str, events: Events, days: int) -> Feature:
    sql = f"bit_count(bit_or(if({events.sql} AND age < {days}, shiftleft(1L, age), 0L)))"
    about = f"days with a {events.name} event, {_days(days)}"
    return Feature(f"{events.name}_days_{label(days)}", sql, about, source, "active days", label(days), default=0.0)


def recency(source: str, events: Events, days: int) -> Feature:
    sql = f"min(if({events.sql} AND age < {days}, age, NULL))"
    about = f"days since the last {events.name} event, 0 is the day itself"
    name = f"{events.name}_recency_{label(days)}"
    return Feature(name, sql, about, source, "recency", label(days), null=f"no {events.name} event in the window")


def decayed(source: str, events: Events, half_life: int, days: int) -> Feature:
    """Events, halved per `half_life` days of age."""
    units = UNITS["weight"]
    weight = f"cast(event_count * pow(2D, -age / {half_life}D) * {units} AS bigint)"
    about = f"{events.name} events, halved per {half_life} days of age, {_days(days)}"
    name = f"{events.name}_decayed_{half_life}d"
    return Feature(
        name, f"{total(events, days, weight)} / {units}D", about, source, "decayed", label(days), default=0.0
    )


def distinct(counterpart: str, days: int) -> Feature:
    """How many items a user, or users an item, had a positive event with."""
    about = f"distinct {counterpart}s with a positive event, {_days(days)}"
    sql = f"count_if(positive_days_{label(days)} > 0)"
    return Feature(f"{counterpart}_count_{label(days)}", sql, about, PAIRS, "distinct", label(days), default=0.0)

"""Features worked out from events in plain Python, the slow and obvious way: what the tables are compared with."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from features import priors
from tests.features.support import ROLES, WEIGHTS, day

WINDOWS = {"1d": 1, "7d": 7, "28d": 28}
EVER = 10**6
PARTS = {"night": range(6), "morning": range(6, 12), "afternoon": range(12, 18), "evening": range(18, 24)}
GROUP = {"p": "x", "q": "y", "r": "x", "s": None}  # of each item; t isn't in the catalogue
PRICE = {"p": 2.0, "q": 10.0, "r": None, "s": 3.0}
KINDS = {"positive": tuple(WEIGHTS), "exposure": ("impression",)}


@dataclass(frozen=True)
class Event:
    """age: days before as-of. lag: days until it was delivered."""

    age: int
    hour: int
    user: str
    item: str
    kind: str
    value: float | None
    dwell: float | None
    lag: int = 0

    @property
    def dwell_log(self) -> float | None:
        return None if self.dwell is None else math.log1p(self.dwell)

    @property
    def is_positive(self) -> bool:
        return self.kind in WEIGHTS

    @property
    def time(self) -> dt.datetime:
        return dt.datetime.fromisoformat(f"{day(self.age)}T{self.hour:02}:00:00+00:00")

    @property
    def row(self) -> tuple[Any, ...]:
        """As `support.EVENTS` has it."""
        keys = (self.user, self.item, self.kind)
        return (day(self.age - self.lag), day(self.age), *keys, self.time, self.value, self.dwell)


def random_events(seed: int, count: int = 400) -> list[Event]:
    """From 80 days before to 5 days after `AS_OF`; few users and items, so that they meet often."""
    draw, events = random.Random(seed), []
    for _ in range(count):
        kind = draw.choices(list(ROLES), [6, 4, 2, 1])[0]
        value = round(draw.uniform(0, 50), 2) if kind == "purchase" and draw.random() < 0.8 else None
        dwell = round(draw.uniform(0, 99), 1) if kind in ("impression", "click") and draw.random() < 0.8 else None
        age = draw.choice([*range(-5, 12), *range(-5, 80)])
        lag = draw.choice([0] * 8 + [2])
        who = (draw.choice("abcde"), draw.choice("pqrst"))
        events.append(Event(age, draw.randrange(24), *who, kind, value, dwell, lag))
    return events


def grouped(events: Iterable[Event], key: Callable[[Event], Any]) -> dict[Any, list[Event]]:
    groups = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


def number(events: list[Event], kinds: Iterable[str], days: int) -> int:
    return sum(event.kind in kinds and event.age < days for event in events)


def counts(events: list[Event]) -> dict[str, float]:
    found = {f"{kind}_count_{name}": number(events, [kind], days) for kind in ROLES for name, days in WINDOWS.items()}
    return found | {f"{kind}_count_history": number(events, [kind], EVER) for kind in ROLES if kind != "impression"}


def taken(events: Iterable[Event], days: int = EVER) -> set[tuple[str, str, int]]:
    """The (user, item, age) with a positive event."""
    return {(e.user, e.item, e.age) for e in events if e.is_positive and e.age < days}


def popularity(events: Iterable[Event], half_life: int) -> dict[str, float]:
    """Item -> its share of what was taken in 7 days, a user counting once a day and type, by the last time."""
    latest: dict[tuple[str, str, str, int], int] = {}
    for event in events:
        if event.is_positive and event.age < 7:
            key = (event.user, event.item, event.kind, event.age)
            latest[key] = max(event.hour, latest.get(key, 0))
    found: dict[str, float] = Counter()
    for (_, item, _, age), hour in latest.items():
        found[item] += 0.5 ** ((24 * (age + 1) - hour) / half_life)
    return {item: value / sum(found.values()) for item, value in found.items()}


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def dwell_means(events: list[Event]) -> dict[str, float | None]:
    return {
        f"{name}_dwell_mean_28d": mean(e.dwell_log for e in events if e.kind in kinds and e.age < 28)
        for name, kinds in KINDS.items()
    }


def value_mean(events: list[Event]) -> float | None:
    return mean(event.value for event in events)


def hits_and_tries(events: list[Event], windows: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Of the rates that users and items have: (events, what they are per)."""
    found = {
        f"{kind}_rate_{name}": (number(events, [kind], WINDOWS[name]), number(events, ["impression"], WINDOWS[name]))
        for kind in ROLES
        for name in windows
        if kind != "impression"
    }
    clicks = number(events, ["click"], 28)
    return found | {"purchase_per_click_28d": (number(events, ["purchase"], 28), clicks)}


def repeats(days_of_each: Iterable[int]) -> tuple[int, int]:
    days = list(days_of_each)
    return sum(n > 1 for n in days), sum(n > 0 for n in days)


def smooth(of_all: dict[Any, dict[str, tuple[int, int]]], who: Any) -> dict[str, float]:
    """The rates of one entity, drawn to the pooled rate of so few entities that no moments are taken of them."""
    assert len(of_all) < priors.FEWEST_ENTITIES
    found = {}
    for name, (hits, tries) in of_all[who].items():
        pairs = [rates[name] for rates in of_all.values()]
        all_tries = sum(n for _, n in pairs)
        pooled = sum(min(k, n) for k, n in pairs) / all_tries if all_tries else 0.0
        strength = priors.POOLED_STRENGTH
        found[name] = (hits + pooled * strength) / (max(hits, tries) + strength)
    return found


def days_since(events: Iterable[Event], pick: Callable[..., int]) -> int | None:
    return pick((age for *_, age in taken(events)), default=None)


def decayed(events: list[Event], half_life: int) -> float:
    return sum(WEIGHTS.get(e.kind, 0.0) * math.pow(2, -e.age / half_life) for e in events)


def due(ages: set[int]) -> float | None:
    if len(ages) < 2:
        return None
    return min(ages) * (len(ages) - 1) / (max(ages) - min(ages))


def most_taken(days: Counter[str]) -> list[str]:
    return [name for name, _ in sorted(days.items(), key=lambda pair: (-pair[1], pair[0]))]


def differing(row: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Name -> (found, expected) of the values that differ by more than floats do."""
    return {name: (row[name], value) for name, value in expected.items() if not _same(row[name], value)}


def _same(found: Any, expected: Any) -> bool:
    return found is None if expected is None else found == pytest.approx(expected, rel=1e-5, abs=1e-5)

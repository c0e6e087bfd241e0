"""From raw lines to features as of a day, against the same worked out in plain Python from the events themselves."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from features import clean
from features.daily import user_item_daily
from features.history import user_item_history
from features.items import build_item_features
from features.source import parse_json
from features.users import build_user_features
from tests.features.support import AS_OF, ROLES, WEIGHTS, by_key, day

PRIOR = 20
WINDOWS = {"1d": 1, "7d": 7, "28d": 28, "history": 10**6}
FIELDS = ("user", "item", "event", "time", "price")
COLUMNS = {
    "user_id": "user",
    "item_id": "item",
    "event_time": "try_to_timestamp(time)",
    "value": "price",
    "dwell_seconds": "NULL",
}


@dataclass(frozen=True)
class Event:
    age: int
    user: str
    item: str
    kind: str
    value: float | None


def random_events(seed: int, count: int = 300) -> list[Event]:
    """From 45 days before to 5 days after `AS_OF`; few users and items, so that they meet often."""
    draw = random.Random(seed)
    events = []
    for _ in range(count):
        kind = draw.choices(list(ROLES), [6, 4, 2, 1])[0]
        value = round(draw.uniform(0, 50), 2) if kind == "purchase" and draw.random() < 0.8 else None
        age = draw.choice([*range(-5, 12), *range(-5, 45)])
        events.append(Event(age, draw.choice("abcde"), draw.choice("pqrst"), kind, value))
    return events


def raw_lines(events: list[Event], seed: int) -> list[tuple[str, str, str]]:
    """(ds, file, line), each a distinct line; copies of some and broken ones between them."""
    draw, lines = random.Random(seed), []
    for number, event in enumerate(events):
        ds = day(event.age)
        time = dt.datetime.fromisoformat(ds) + dt.timedelta(seconds=number)
        fields = {"user": event.user, "item": event.item, "event": event.kind, "time": time.isoformat()}
        text = json.dumps(fields | ({} if event.value is None else {"price": event.value}))
        lines.append((ds, "1.jsonl", text))
        lines += [(ds, "2.jsonl", text)] * draw.choice([0, 0, 2])
        lines += [(ds, "2.jsonl", text[: draw.randrange(2, 20)])] * draw.choice([0, 1])
    return lines


@dataclass(frozen=True)
class Built:
    known: list[Event]
    history: dict[Any, dict[str, Any]]
    items: dict[Any, dict[str, Any]]
    users: dict[Any, dict[str, Any]]


@pytest.fixture(scope="module")
def built(spark: SparkSession) -> Built:
    events = random_events(5)
    lines = spark.createDataFrame(raw_lines(events, 6), "ds string, file string, line string")
    types = {kind: f"event = '{kind}'" for kind in ROLES}
    daily = user_item_daily(clean.events(clean.parse(parse_json(lines, fields=FIELDS), columns=COLUMNS, types=types)))
    upto = daily.where(daily.ds <= AS_OF)
    history: DataFrame = user_item_history(upto, as_of=AS_OF, roles=ROLES, weights=WEIGHTS).persist()
    catalogue = spark.createDataFrame(
        [], "item_id string, category string, subcategory string, brand string, price double, created_on date"
    )
    nobody = spark.createDataFrame([], "user_id string, profile map<string,string>")
    items = build_item_features(history, catalogue, as_of=AS_OF, roles=ROLES)
    users = build_user_features(history, nobody, as_of=AS_OF, roles=ROLES, profile=())
    known = [event for event in events if event.age >= 0]
    assert len(events) - len(known) > 20
    return Built(known, by_key(history, "user_id", "item_id"), by_key(items, "item_id"), by_key(users, "user_id"))


def grouped(events: list[Event], key: Callable[[Event], Any]) -> dict[Any, list[Event]]:
    groups = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


def counts(events: list[Event]) -> dict[str, float]:
    return {
        f"{kind}_count_{window}": sum(event.kind == kind and event.age < days for event in events)
        for kind in ROLES
        for window, days in WINDOWS.items()
    }


def taken(events: list[Event], days: int = WINDOWS["history"]) -> set[tuple[str, str, int]]:
    """The (user, item, age) with a positive event."""
    return {(e.user, e.item, e.age) for e in events if e.kind in WEIGHTS and e.age < days}


def value_mean(events: list[Event]) -> float | None:
    values = [event.value for event in events if event.value is not None]
    return sum(values) / len(values) if values else None


def rates(events: list[Event], everything: list[Event]) -> dict[str, float]:
    mine, all_counts = counts(events), counts(everything)
    shown, all_shown = mine["impression_count_28d"], all_counts["impression_count_28d"]
    return {
        f"{kind}_rate_28d": (mine[f"{kind}_count_28d"] + PRIOR * all_counts[f"{kind}_count_28d"] / all_shown)
        / (shown + PRIOR)
        for kind in ROLES
        if kind != "impression"
    }


def differing(row: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Name -> (found, expected) of the values that differ by more than floats do."""
    return {name: (row[name], value) for name, value in expected.items() if not same(row[name], value)}


def same(found: Any, expected: Any) -> bool:
    return found is None if expected is None else found == pytest.approx(expected, rel=1e-5)


def test_history(built: Built) -> None:
    pairs = grouped(built.known, lambda event: (event.user, event.item))
    assert set(built.history) == set(pairs)
    for pair, events in pairs.items():
        ages = sorted({age for *_, age in taken(events)})
        values = [event.value for event in events if event.value is not None]
        expected = counts(events) | {
            **{f"positive_days_{window}": sum(age < days for age in ages) for window, days in WINDOWS.items()},
            "days_since_last": min(ages, default=None),
            "days_since_first": max(ages, default=None),
            "day_mask_28d": sum(1 << age for age in ages if age < 28),
            "value_sum": sum(values) if values else None,
            "value_count": len(values),
        }
        assert differing(built.history[pair], expected) == {}, pair


def test_items(built: Built) -> None:
    groups = grouped(built.known, lambda event: event.item)
    assert [item for item, _ in sorted(built.items.items(), key=lambda row: row[1]["item_code"])] == sorted(groups)
    for item, events in groups.items():
        days = grouped(events, lambda event: event.user)
        per_user = [len(taken(mine)) for mine in days.values()]
        in_28, in_7 = taken(events, 28), taken(events, 7)
        expected = {
            **counts(events),
            **rates(events, built.known),
            "user_count_28d": len({user for user, *_ in in_28}),
            "user_count_history": sum(number > 0 for number in per_user),
            "positive_days_28d": len(in_28),
            "trend_7d": (len(in_7) + 1) / (len(in_28) / 4 + 1),
            "repeat_share": (sum(n > 1 for n in per_user) + 1) / (sum(n > 0 for n in per_user) + PRIOR),
            "value_mean": value_mean(events),
        }
        assert differing(built.items[item], expected) == {}, item


def test_users(built: Built) -> None:
    groups = grouped(built.known, lambda event: event.user)
    assert [user for user, _ in sorted(built.users.items(), key=lambda row: row[1]["user_code"])] == sorted(groups)
    for user, events in groups.items():
        per_item = [len(taken(mine)) for mine in grouped(events, lambda event: event.item).values()]
        in_28 = taken(events, 28)
        expected = {
            **counts(events),
            **rates(events, built.known),
            "active_days_28d": len({age for *_, age in in_28}),
            "days_since_last": min((age for *_, age in taken(events)), default=None),
            "item_count_28d": len({item for _, item, _ in in_28}),
            "item_count_history": sum(number > 0 for number in per_item),
            "repeat_share": (sum(n > 1 for n in per_item) + 1) / (sum(n > 0 for n in per_item) + 2),
            "value_mean": value_mean(events),
        }
        assert differing(built.users[user], expected) == {}, user

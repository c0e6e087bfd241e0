"""From events to features as of a day, against the same worked out in plain Python (`tests/features/plain.py`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from pyspark.sql import SparkSession

from features import daily
from features.behaviour import ITEM_COLUMNS, build_behaviour_features
from features.history import user_item_history
from features.pairs import HALF_LIVES
from features.specs import HALF_LIVES_HOURS, all_item_features, pair_features, shown_features, user_features
from tests.features import plain
from tests.features.directories import built_items, built_users, catalogue, profiles
from tests.features.plain import GROUP, PARTS, PRICE, WINDOWS, Event, differing, grouped, taken
from tests.features.support import AS_OF, EVENTS, FACTS, ROLES, by_key, day

Rows = dict[Any, dict[str, Any]]


@dataclass(frozen=True)
class Built:
    """known: what counts as of the day: delivered by then, happened by then."""

    known: list[Event]
    items: Rows
    users: Rows
    behaviour: Rows

    def window(self, days: int) -> list[Event]:
        return [event for event in self.known if event.age < days]


@pytest.fixture(scope="module")
def built(spark: SparkSession) -> Built:
    events = plain.random_events(5)
    log = spark.createDataFrame([event.row for event in events], EVENTS)
    log = log.where(log.ds <= AS_OF).persist()

    kept, shown = FACTS.kept, FACTS.with_role("exposure")
    taken = daily.user_item_daily(log, kinds=kept).where(f"ds > '{day(180)}'").toArrow()
    summed = user_item_history(taken, first=day(179), as_of=AS_OF, facts=FACTS)
    goods = catalogue((item, group, group, group, PRICE[item], day(9)) for item, group in GROUP.items())
    by_item, by_user = (of(log).where(f"ds > '{day(28)}'").toArrow() for of in (daily.item_daily, daily.user_daily))
    items = built_items(by_item, summed, taken, goods, first=day(27))
    users = built_users(by_user, summed, profiles({}), goods, first=day(27))
    behaviour = build_behaviour_features(
        users.select(["user_id", "user_code"]),
        summed,
        daily.exposures_daily(log, kinds=shown).where(f"ds > '{day(7)}'").toArrow(),
        items=items.select(ITEM_COLUMNS),
        shown_from=day(6),
        as_of=AS_OF,
        facts=FACTS,
        last_items=3,
    )
    known = [event for event in events if event.age >= 0 and event.age - event.lag >= 0]
    assert len(events) - len(known) > 20 and any(event.lag for event in known)
    return Built(known, by_key(items, "item_id"), by_key(users, "user_id"), by_key(behaviour, "user_code"))


def test_users(built: Built) -> None:
    groups = grouped(built.known, lambda event: event.user)
    assert [user for user, _ in sorted(built.users.items(), key=lambda row: row[1]["user_code"])] == sorted(groups)
    rates = {}
    for user, events in groups.items():
        per_item = [len(taken(mine)) for mine in grouped(events, lambda event: event.item).values()]
        recent = [event for event in events if event.age < 28 and event.is_positive]
        shares = {
            f"positive_share_{part}_28d": (sum(event.hour in hours for event in recent), len(recent))
            for part, hours in PARTS.items()
        }
        pairs = plain.hits_and_tries(events, WINDOWS)
        rates[user] = pairs | shares | {"repeat_share": plain.repeats(per_item)}
    for user, events in groups.items():
        prices = [PRICE.get(item) for _, item, _ in taken(events)]
        seen = [event.age for event in events if event.kind == "impression" and event.age < 28]
        expected = {
            **plain.counts(events),
            **plain.smooth(rates, user),
            **plain.dwell_means(events),
            **{
                f"positive_days_{name}": len({age for *_, age in taken(events, WINDOWS[name])})
                for name in ("7d", "28d")
            },
            "days_since_last": plain.days_since(events, min),
            "exposure_recency_28d": min(seen, default=None),
            "item_count_28d": len({item for _, item, _ in taken(events, 28)}),
            "item_count_history": len({item for _, item, _ in taken(events)}),
            "value_mean_history": plain.value_mean(events),
            "price_mean": plain.mean(prices),
            "click_count_same_weekday_28d": sum(e.kind == "click" and e.age in (6, 13, 20, 27) for e in events),
        }
        assert set(expected) == {feature.name for feature in user_features(FACTS)}
        assert differing(built.users[user], expected) == {}, user


def test_items(built: Built) -> None:
    groups = grouped(built.known, lambda event: event.item)
    assert [item for item, _ in sorted(built.items.items(), key=lambda row: row[1]["item_code"])] == sorted(groups)
    rates, of_group = {}, grouped(built.window(28), lambda event: GROUP.get(event.item))
    for item, events in groups.items():
        per_user = [len(taken(mine)) for mine in grouped(events, lambda event: event.user).values()]
        in_28 = taken(events, 28)
        rates[item] = plain.hits_and_tries(events, ("7d", "28d")) | {
            "repeat_share": plain.repeats(per_user),
            "audience_breadth_28d": (len({user for user, *_ in in_28}), len(in_28)),
        }
    group_rates = {
        group: {
            f"positive_rate_{name}": tuple(plain.number(events, plain.KINDS[k], WINDOWS[name]) for k in plain.KINDS)
            for name in ("7d", "28d")
        }
        for group, events in of_group.items()
        if group
    }
    shares = {f"popularity_half_life_{hours}h": plain.popularity(built.known, hours) for hours in HALF_LIVES_HOURS}
    for item, events in groups.items():
        positive = {name: plain.number(events, plain.KINDS["positive"], days) for name, days in WINDOWS.items()}
        group, days = GROUP.get(item), [age for _, _, age in taken(events)]
        smoothed = plain.smooth(group_rates, group) if group else dict.fromkeys(group_rates["x"])  # type: ignore[arg-type]
        expected = {
            **plain.counts(events),
            **plain.smooth(rates, item),
            **plain.dwell_means(events),
            **{f"category_{name}": value for name, value in smoothed.items()},
            "positive_velocity_1d_7d": (positive["1d"] + 1) / (positive["7d"] / 7 + 1),
            "positive_velocity_7d_28d": (positive["7d"] + 1) / (positive["28d"] / 4 + 1),
            **{name: of_items.get(item, 0.0) for name, of_items in shares.items()},
            "user_count_28d": len({user for user, *_ in taken(events, 28)}),
            "user_count_history": len({user for user, *_ in taken(events)}),
            "days_since_first": max(days, default=None),
            "days_since_last": min(days, default=None),
            "value_mean_history": plain.value_mean(events),
            "age_days": 9 if item in GROUP else None,
            "price": PRICE.get(item),
        }
        assert set(expected) == {feature.name for feature in all_item_features(FACTS)}
        assert differing(built.items[item], expected) == {}, item


def test_pairs(built: Built) -> None:
    code = {item: row["item_code"] for item, row in built.items.items()}
    for user, of_user in grouped(built.known, lambda event: event.user).items():
        row = built.behaviour[built.users[user]["user_code"]]
        pairs = grouped((e for e in of_user if e.kind != "impression"), lambda event: event.item)
        assert row["item_codes"] == sorted(code[item] for item in pairs)
        for place, (item, events) in enumerate(sorted(pairs.items())):
            ages = {age for *_, age in taken(events)}
            since, first = min(ages, default=None), max(ages, default=None)
            expected = {
                **{
                    f"{kind}_count_{name}": plain.number(events, [kind], days)
                    for kind in ROLES
                    for name, days in {"7d": 7, "28d": 28, "history": plain.EVER}.items()
                    if kind != "impression"
                },
                **{f"weight_half_life_{n}d": plain.decayed(events, n) for n in HALF_LIVES},
                "positive_days": len(ages),
                "days_since_last": since,
                "days_since_first": first,
                "interval_mean": (max(ages) - min(ages)) / (len(ages) - 1) if len(ages) > 1 else None,
                "interval_ratio": plain.due(ages),
                "dwell_mean": plain.mean(event.dwell_log for event in events),
            }
            assert set(expected) == {feature.name for feature in pair_features(FACTS)}
            assert differing({name: row[name][place] for name in expected}, expected) == {}, (user, item)
        newest = sorted(((e.time, -code[e.item]) for e in of_user if e.is_positive), reverse=True)
        distinct = list(dict.fromkeys(-item for _, item in newest))[:3]
        assert row["last_item_codes"] == distinct


def test_what_was_shown(built: Built) -> None:
    code = {item: row["item_code"] for item, row in built.items.items()}
    for user, row in built.users.items():
        found = built.behaviour[row["user_code"]]
        mine = [e for e in built.window(7) if e.user == user and e.kind == "impression"]
        shown = grouped(mine, lambda event: event.item)
        assert found["shown_codes"] == sorted(code[item] for item in shown)
        for place, (_, events) in enumerate(sorted(shown.items())):
            expected = {
                "exposure_count_7d": len(events),
                "exposure_recency_7d": min(event.age for event in events),
                "exposure_dwell_mean_7d": plain.mean(event.dwell_log for event in events),
            }
            assert set(expected) == {feature.name for feature in shown_features(FACTS)}
            assert differing({name: found[f"shown_{name}"][place] for name in expected}, expected) == {}, user


def test_groups_of_items(built: Built) -> None:
    for user, row in built.users.items():
        found = built.behaviour[row["user_code"]]
        mine = [e for e in built.known if e.user == user and e.is_positive and GROUP.get(e.item)]
        groups = grouped(mine, lambda event: GROUP[event.item])
        total = len(taken(mine))
        assert found["category_codes"] == sorted({"x": 0, "y": 1}[group] for group in groups)
        for place, (group, events) in enumerate(sorted(groups.items())):
            expected = {
                "positive_days": len(taken(events)),
                "positive_days_28d": len(taken(events, 28)),
                "share": len(taken(events)) / total,
                "days_since_last": plain.days_since(events, min),
                "interval_ratio": plain.due({age for *_, age in taken(events)}),
                "item_count": len({event.item for event in events}),
            }
            assert differing({name: found[f"category_{name}"][place] for name in expected}, expected) == {}, group
        days = Counter({group: len(taken(events)) for group, events in groups.items()})
        assert found["category_preferred"] == [{"x": 0, "y": 1}[group] for group in plain.most_taken(days)]

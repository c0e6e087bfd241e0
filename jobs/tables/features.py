"""Contracts of what is known as of a day of users, items and what users did with items: the features."""

from __future__ import annotations

from collections.abc import Sequence

from features import pairs, specs
from features.facts import Facts
from features.spec import Feature
from jobs.contract import Column, Table
from jobs.tables.columns import DS, ITEM_CODE, ITEM_CODES, ITEM_ID, UNKNOWN, USER_CODE, USER_ID


def feature_tables(facts: Facts) -> tuple[Table, ...]:
    return (_user_item_history(facts), _user_features(facts), _item_features(facts), _behaviour_features(facts))


def _floats(features: Sequence[Feature]) -> list[Column]:
    return [Column(f.name, "float", f.about, f.null or "the same as missing") for f in features]


def _arrays(features: Sequence[Feature], prefix: str = "") -> list[Column]:
    return [Column(prefix + f.name, "array<float>", f.about) for f in features]


def _user_item_history(facts: Facts) -> Table:
    null = "no positive event in the window"
    sums = [Column(f.name, "bigint", f.about, f.null or null) for f in pairs.pair_sums(facts)]
    days = [Column(name, "bigint", "days with a positive event in the window") for name in pairs.positive_days(facts)]
    columns = (DS, USER_ID, ITEM_ID, *sums, *days)
    return Table("user_item_history", "user x item of the window", ("user_id", "item_id"), columns, may_be_empty=True)


def _user_features(facts: Facts) -> Table:
    attributes = [
        Column(f"profile_{name}", "float", f"the user's {name}: a number, or its position among all values", "unknown")
        for name in facts.profile
    ]
    columns = (DS, USER_CODE, USER_ID, *_floats(specs.user_features(facts)), *attributes)
    return Table("user_features", "user with an event in the window", ("user_code",), columns)


def _item_features(facts: Facts) -> Table:
    groups = [
        Column(f"{group}_code", "int", f"position of the {group} in their order", UNKNOWN) for group in specs.GROUPS
    ]
    columns = (DS, ITEM_CODE, ITEM_ID, *groups, *_floats(specs.all_item_features(facts)))
    return Table("item_features", "item with an event in the window, or created of late", ("item_code",), columns)


def _behaviour_features(facts: Facts) -> Table:
    last = [
        Column("last_item_codes", "array<int>", "items of the last positive events, newest first"),
        Column("last_item_times", "array<bigint>", "seconds since 1970, parallel to last_item_codes"),
    ]
    groups = [
        column
        for group in facts.groups
        for column in (
            Column(f"{group}_codes", "array<int>", f"codes of {group}, ascending"),
            *_arrays(specs.affinity_features(facts), f"{group}_"),
            Column(f"{group}_preferred", "array<int>", "codes of the largest shares, best first"),
        )
    ]
    shown = _arrays(specs.shown_features(facts), f"{specs.SHOWN}_")
    if shown:
        shown.insert(0, Column(f"{specs.SHOWN}_codes", "array<int>", "codes of the items shown, ascending"))
    columns = (DS, USER_CODE, ITEM_CODES, *_arrays(specs.pair_features(facts)), *last, *groups, *shown)
    return Table("behaviour_features", "user of the directory", ("user_code",), columns)

"""Contracts of what is known as of a day of users, items and what users did with items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features import specs
from jobs.contract import Column, Table
from jobs.tables.columns import DS, ITEM_CODE, ITEM_CODES, ITEM_ID, UNKNOWN, USER_CODE, USER_ID


def feature_tables(roles: Mapping[str, str], profile: Sequence[str]) -> tuple[Table, ...]:
    return (
        _user_item_history(roles),
        _user_features(roles, profile),
        _item_features(roles),
        _behaviour_features(roles),
    )


def _floats(features: Sequence[specs.Feature], prefix: str = "") -> list[Column]:
    return [Column(prefix + f.name, "float", f.about, f.null or "the same as missing") for f in features]


def _arrays(features: Sequence[specs.Feature], prefix: str = "") -> list[Column]:
    return [Column(prefix + f.name, "array<float>", f.about) for f in features]


def _user_item_history(roles: Mapping[str, str]) -> Table:
    counts = [Column(f.name, "bigint", f.about, f.null) for f in specs.pair_features(roles)]
    columns = (
        *(DS, USER_ID, ITEM_ID, *counts),
        Column("value_sum", "double", "money of the source", "no event carried a value"),
        Column("value_count", "bigint", "events that carried a value"),
    )
    return Table("user_item_history", "user x item of the window", ("user_id", "item_id"), columns)


def _user_features(roles: Mapping[str, str], profile: Sequence[str]) -> Table:
    attributes = [
        Column(f"profile_{name}", "float", f"the user's {name}: a number, or its position among all values", "unknown")
        for name in profile
    ]
    columns = (DS, USER_CODE, USER_ID, *_floats(specs.user_features(roles)), *attributes)
    return Table("user_features", "user with an event in the window", ("user_code",), columns)


def _item_features(roles: Mapping[str, str]) -> Table:
    groups = [
        Column(f"{group}_code", "int", f"position of the {group} in their order", UNKNOWN) for group in specs.GROUPS
    ]
    columns = (DS, ITEM_CODE, ITEM_ID, *groups, *_floats(specs.item_features(roles)))
    return Table("item_features", "item with an event in the window", ("item_code",), columns)


def _behaviour_features(roles: Mapping[str, str]) -> Table:
    groups = [
        column
        for group in specs.GROUPS
        for column in (
            Column(f"{group}_codes", "array<int>", f"codes of {group}, ascending"),
            *_arrays(specs.affinity_features(), f"{group}_"),
        )
    ]
    columns = (DS, USER_CODE, ITEM_CODES, *_arrays(specs.behaviour_features(roles)), *groups)
    return Table("behaviour_features", "user of the directory", ("user_code",), columns)

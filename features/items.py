"""item_features: the directory of items as of a day, with what is known of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.aggregates import Aggregates
from features.arrays import places
from features.entities import entity_features, entity_priors, entity_sums, totals
from features.facts import Facts
from features.numbers import catalogue_numbers
from features.spec import CATALOGUE, ITEM_DAILY, PAIRS, USER_ITEM_DAILY, Feature
from features.specs import GROUPS, all_item_features, group_features, item_features
from features.windows import windowed

KEY = "item_id"
NUMBER_COLUMNS = ("price", "numbers")
CATALOGUE_COLUMNS = (KEY, *GROUPS, *NUMBER_COLUMNS, "created_on")
DAILY_COLUMNS = (
    *("event_day", KEY, "event_type", "event_count"),
    *("value_sum", "value_count", "dwell_log_sum", "dwell_count"),
)


class Totals(NamedTuple):
    """What is summed up of each item: of `item_daily`, of `user_item_history`; and its share of what is taken now."""

    daily: pa.Table
    pairs: pa.Table
    fresh: pa.Table


def pair_columns(facts: Facts) -> tuple[str, ...]:
    """Those of user_item_history that the features of items are made of."""
    return (KEY, *totals(_summed(facts), PAIRS).columns)


def item_totals(
    item_daily: Iterable[pa.Table],
    user_item_history: Iterable[pa.Table],
    fresh: pa.Table,
    *,
    first: str,
    as_of: str,
    facts: Facts,
) -> Totals:
    """Grain: item with an event from day `first` to `as_of`, or a row of the history.

    item_daily: `DAILY_COLUMNS`, user_item_history: `pair_columns`, both in any portions. fresh: of `fresh_shares`.
    """
    daily, pairs = _of_daily(facts), totals(_summed(facts), PAIRS)
    return Totals(
        daily.merged([daily.of(windowed(rows, first=first, as_of=as_of), KEY) for rows in item_daily], KEY),
        pairs.merged([pairs.of(rows, KEY) for rows in user_item_history], KEY),
        fresh,
    )


def build_item_features(of: Totals, items: pa.Table, *, as_of: str, facts: Facts) -> pa.Table:
    """Grain: item of any of the totals, or created in the last `facts.fresh_days`: nobody can take what no list may
    show, so a new item is known before its first event. `item_code` is its position in the order of `item_id`, from 0.

    items: `CATALOGUE_COLUMNS`. Columns: ds, item_code, item_id, `<group>_code` (position of the item's category,
    subcategory, brand in their order; null when the catalogue doesn't say), then the features of
    `features.specs.all_item_features` as float; those of a group are null when the item's group is unknown or had no
    event.
    """
    summed = _summed(facts)
    born = items[KEY].combine_chunks().filter(pc.less(_ages(items, as_of), facts.fresh_days))
    sums = entity_sums({ITEM_DAILY: of.daily, PAIRS: of.pairs, USER_ITEM_DAILY: of.fresh}, KEY, summed, also=born)
    found = places(sums[KEY], items[KEY])
    known = entity_features(sums, summed, entity_priors([sums], summed)) | _catalogue(items, found, as_of, facts)
    for group in GROUPS:
        if features := group_features(facts, group):
            known |= _of_group(group, features, of.daily, items, found)
    return pa.table(
        {
            "ds": pa.repeat(as_of, len(sums)),
            "item_code": pa.array(np.arange(len(sums)), pa.int32()),
            KEY: sums[KEY],
            **{f"{group}_code": _positions(items[group]).take(found) for group in GROUPS},
            **{feature.name: known[feature.name] for feature in all_item_features(facts)},
        }
    )


def _of_group(
    group: str, features: list[Feature], daily: pa.Table, items: pa.Table, which: pa.Array
) -> dict[str, pa.Array]:
    """The features of each item's group. which: places of the items in the catalogue."""
    names = items[group].combine_chunks()
    whose = names.take(places(daily[KEY], items[KEY]))
    rows = daily.append_column(group, whose).filter(whose.is_valid())
    sums = entity_sums({ITEM_DAILY: totals(features, ITEM_DAILY).merged([rows], group)}, group, features)
    found = entity_features(sums, features, entity_priors([sums], features))
    mine = pc.index_in(names.take(which), value_set=sums[group].combine_chunks())
    return {f"{group}_{name}": values.take(mine) for name, values in found.items()}


def catalogue_number(items: pa.Table, name: str) -> pa.Array:
    """(items,) double, null when unknown: one of `catalogue_numbers`, of rows with `NUMBER_COLUMNS`."""
    if name in items.column_names:
        return items[name].combine_chunks()
    return pc.map_lookup(items["numbers"].combine_chunks(), name.removeprefix("number_"), "first")


def _catalogue(items: pa.Table, which: pa.Array, as_of: str, facts: Facts) -> dict[str, pa.Array]:
    columns = {
        "age_days": _ages(items, as_of),
        **{name: catalogue_number(items, name) for name in catalogue_numbers(facts)},
    }
    return {name: values.cast(pa.float32()).take(which) for name, values in columns.items()}


def _ages(items: pa.Table, as_of: str) -> pa.Array:
    """(items,) days since each was created, null when unknown."""
    return pc.days_between(items["created_on"].combine_chunks(), pa.scalar(as_of).cast(pa.date32()))


def _positions(names: pa.ChunkedArray) -> pa.Array:
    """(rows,) int: of each among the distinct ones in their order, null where there is none."""
    distinct = names.drop_null().unique()
    return places(names, pa.chunked_array([distinct.take(pc.array_sort_indices(distinct))]))


def _of_daily(facts: Facts) -> Aggregates:
    """For the items and for their groups, whose totals are those of their items."""
    return totals([*_summed(facts), *(f for group in GROUPS for f in group_features(facts, group))], ITEM_DAILY)


def _summed(facts: Facts) -> list[Feature]:
    return [feature for feature in item_features(facts) if feature.source != CATALOGUE]

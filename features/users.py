"""user_features: the directory of users as of a day, with what is known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import places, whole_units
from features.entities import entity_features, entity_sums, totals
from features.facts import Facts
from features.items import catalogue_number
from features.numbers import catalogue_numbers
from features.spec import PAIRS, UNITS, USER_DAILY
from features.specs import user_features
from features.windows import windowed

KEY = "user_id"
PROFILE_COLUMNS = (KEY, "profile")
DAILY_COLUMNS = (
    *("event_day", KEY, "event_type", "hour", "event_count"),
    *("value_sum", "value_count", "dwell_log_sum", "dwell_count"),
)


def pair_columns(facts: Facts) -> tuple[str, ...]:
    """Those of user_item_history that the features of users are made of."""
    columns = totals(user_features(facts), PAIRS).columns
    joined = [f"{name}_units" for name in catalogue_numbers(facts)]
    return (KEY, "item_id", *(name for name in columns if name not in joined))


def user_sums(
    user_daily: pa.Table,
    user_item_history: pa.Table,
    users: pa.Table,
    *,
    items: pa.Table,
    values: Mapping[str, Sequence[str]],
    first: str,
    as_of: str,
    facts: Facts,
) -> pa.Table:
    """Grain: user with an event from day `first` to `as_of`, or a row of the history, sorted by `user_id`: what
    `build_user_features` makes features of. All rows of some users make the rows of these.

    user_daily: `DAILY_COLUMNS`. user_item_history: `pair_columns`. users: `PROFILE_COLUMNS`. items: item_id and
    `features.items.NUMBER_COLUMNS` of the catalogue. values: attribute of the profile -> its values in their order, for
    those that aren't numbers. Columns: user_id, the sums, then per attribute of the profile, as float (null when
    unknown), the position of the value in that order; of `numbers`, the value.
    """
    features = user_features(facts)
    history = user_item_history
    if numbers := catalogue_numbers(facts):
        which = places(history["item_id"], items["item_id"])
        for name in numbers:
            units = whole_units(catalogue_number(items, name), UNITS["value"])
            history = history.append_column(f"{name}_units", units.take(which))
    rows = {USER_DAILY: windowed(user_daily, first=first, as_of=as_of), PAIRS: history}
    sums = entity_sums({name: totals(features, name).of(of, KEY) for name, of in rows.items()}, KEY, features)
    who = places(sums[KEY], users[KEY].cast(pa.string()))
    for name in facts.profile:
        known = pc.map_lookup(users["profile"].combine_chunks(), name, "first")
        if name in facts.numbers:
            codes = _numbers(known)
        else:
            codes = pc.index_in(known, pa.array(values.get(name, ()), known.type)).cast(pa.float32())
        sums = sums.append_column(f"profile_{name}", codes.take(who))
    return sums


def build_user_features(
    sums: pa.Table, priors: Mapping[str, float], *, first_code: int, as_of: str, facts: Facts
) -> pa.Table:
    """Grain: row of `sums`. `user_code` is the position in the order of `user_id` among all users, from 0.

    sums: of `user_sums`. priors: of `features.entities.entity_priors` of all users. first_code: of the first row.
    Columns: ds, user_code, user_id, the features of `features.specs.user_features` as float, then the attributes.
    """
    return pa.table(
        {
            "ds": pa.repeat(as_of, len(sums)),
            "user_code": pa.array(np.arange(first_code, first_code + len(sums)), pa.int32()),
            KEY: sums[KEY],
            **entity_features(sums, user_features(facts), priors),
            **{f"profile_{name}": sums[f"profile_{name}"] for name in facts.profile},
        }
    )


def _numbers(texts: pa.Array) -> pa.Array:
    """Float, null where a text is no number."""
    coded = texts.dictionary_encode()
    return pa.array([_number(text) for text in coded.dictionary.to_pylist()], pa.float32()).take(coded.indices)


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None

"""behaviour_features: what each user did with each item, and with each group of items, as arrays per user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.arrays import KEY, Runs, Users, floats, numbers, whole_users
from features.daily import aged
from features.facts import Facts
from features.spec import Feature
from features.specs import SHOWN, affinity_features, pair_features, shown_features

PREFERRED = 3  # groups of a user that are named as preferred


def pair_rows(history: DataFrame, user_codes: DataFrame, item_codes: DataFrame, *, facts: Facts) -> DataFrame:
    """Grain: user x item of user_item_history: user_code, item_code, `<group>_code`, last_time, the features of
    `features.specs.pair_features` and, under `_<feature>_<n>`, what those of `affinity_features` are made of. Sorted
    by user_code, item_code, a user's rows in one partition.

    user_codes: user_id, user_code. item_codes: item_id, item_code, `<group>_code`.
    """
    coded = history.drop("ds").join(F.broadcast(item_codes), "item_id").join(user_codes, "user_id")
    columns = coded.select(
        KEY,
        "item_code",
        "last_time",
        *(f"{group}_code" for group in facts.groups),
        *_floats(pair_features(facts)),
        *(F.expr(sql).alias(name) for feature in affinity_features(facts) for name, sql in _measures(feature).items()),
    )
    return columns.repartition(KEY).sortWithinPartitions(KEY, "item_code")


def shown_rows(
    daily: DataFrame, user_codes: DataFrame, item_codes: DataFrame, *, as_of: str, facts: Facts
) -> DataFrame:
    """Grain: user x item shown: user_code, item_code, the features of `features.specs.shown_features`. Sorted likewise.

    daily: exposures_daily of the last `facts.shown_days`.
    """
    codes = item_codes.select("item_id", "item_code")
    rows = aged(daily, as_of=as_of).join(F.broadcast(codes), "item_id").join(user_codes, "user_id")
    shown = rows.repartition(KEY).groupBy(KEY, "item_code").agg(*_floats(shown_features(facts)))
    return shown.sortWithinPartitions(KEY, "item_code")


def build_behaviour_features(
    pairs: DataFrame, shown: DataFrame | None, user_codes: DataFrame, *, as_of: str, facts: Facts, last_items: int
) -> DataFrame:
    """Grain: user of the directory. Arrays of one family are parallel and ascend by their code.

    pairs: of `pair_rows`. shown: of `shown_rows`, None where no exposures are logged. user_codes: user_code.
    Columns: ds, user_code; item_codes, one array of float per feature of `features.specs.pair_features`;
    last_item_codes, last_item_times: the items of the user's last positive events, at most `last_items`, newest first,
    with their times (seconds since 1970); for each group `<group>_codes`, `<group>_<feature>` of
    `features.specs.affinity_features`, `<group>_preferred` (codes of the largest shares, best first); where exposures
    are logged `shown_codes`, `shown_<feature>` of `features.specs.shown_features`. A null element is a missing value; a
    user without rows in a family has empty arrays there.
    """
    shown_names = [feature.name for feature in shown_features(facts)]

    def taken_arrays(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in whole_users(batches):
            users = Users(rows)
            families = _family(users, rows, "item_codes", "", [f.name for f in pair_features(facts)])
            families |= _last_items(users, rows, last_items)
            for group in facts.groups:
                families |= _affinities(users, rows, group, facts)
            yield pa.RecordBatch.from_pydict({KEY: users.codes, **families})

    def shown_arrays(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in whole_users(batches):
            users = Users(rows)
            families = _family(users, rows, f"{SHOWN}_codes", f"{SHOWN}_", shown_names)
            yield pa.RecordBatch.from_pydict({KEY: users.codes, **families})

    result = user_codes.select(KEY).join(pairs.mapInArrow(taken_arrays, _schema(_taken_types(facts))), KEY, "left")
    if shown is not None:
        types = {f"{SHOWN}_codes": "int"} | {f"{SHOWN}_{name}": "float" for name in shown_names}
        result = result.join(shown.mapInArrow(shown_arrays, _schema(types)), KEY, "left")
    arrays = [F.coalesce(F.col(name), F.array().cast(kind)).alias(name) for name, kind in result.dtypes if name != KEY]
    return result.select(F.lit(as_of).alias("ds"), KEY, *arrays)


def _taken_types(facts: Facts) -> dict[str, str]:
    types = {"item_codes": "int"} | {feature.name: "float" for feature in pair_features(facts)}
    types |= {"last_item_codes": "int", "last_item_times": "bigint"}
    for group in facts.groups:
        types |= {f"{group}_codes": "int"} | {f"{group}_{f.name}": "float" for f in affinity_features(facts)}
        types[f"{group}_preferred"] = "int"
    return types


def _schema(types: dict[str, str]) -> str:
    return ", ".join([f"{KEY} int", *(f"`{name}` array<{kind}>" for name, kind in types.items())])


def _floats(features: Sequence[Feature]) -> list[Column]:
    return [F.expr(feature.sql).cast("float").alias(feature.name) for feature in features]


def _measures(feature: Feature) -> dict[str, str]:
    """Column -> SQL over a row of user_item_history: what the feature's aggregation takes."""
    return {f"_{feature.name}_{n}": sql for n, sql in enumerate(feature.sql.split(", "))}


def _family(
    users: Users, rows: pa.RecordBatch, codes: str, prefix: str, names: Sequence[str]
) -> dict[str, pa.ListArray]:
    """The rows as they are: one array per column, parallel to the item codes."""
    columns = {codes: rows["item_code"]} | {prefix + name: rows[name] for name in names}
    return {name: users.lists(users.places, values) for name, values in columns.items()}


def _last_items(users: Users, rows: pa.RecordBatch, count: int) -> dict[str, pa.ListArray]:
    taken = np.flatnonzero(rows["last_time"].is_valid().to_numpy(zero_copy_only=False))
    times, items = rows["last_time"].take(pa.array(taken)).to_numpy(), rows["item_code"].to_numpy()[taken]
    places = users.places[taken]
    order = np.lexsort((items, -times, places))
    order = order[users.first(places[order], count)]
    values = {"last_item_codes": items, "last_item_times": times}
    return {name: users.lists(places[order], column[order]) for name, column in values.items()}


def _affinities(users: Users, rows: pa.RecordBatch, group: str, facts: Facts) -> dict[str, pa.ListArray]:
    known = rows[f"{group}_code"].is_valid().to_numpy(zero_copy_only=False)
    taken = np.flatnonzero(known & rows["last_time"].is_valid().to_numpy(zero_copy_only=False))
    codes = rows[f"{group}_code"].take(pa.array(taken)).to_numpy()
    runs = Runs(users.places[taken], codes)
    families, shares = {f"{group}_codes": users.lists(runs.places, runs.codes)}, np.empty(0)
    for feature in affinity_features(facts):
        parts = [numbers(rows, name)[taken] for name in _measures(feature)]
        if feature.aggregation == "share":
            values = shares = runs.share(*parts)
        elif feature.aggregation == "due":
            values = runs.due(parts[0], parts[1], parts[2:])
        else:
            values = runs.reduce(feature.aggregation, *parts)
        families[f"{group}_{feature.name}"] = users.lists(runs.places, floats(values))
    order = np.lexsort((runs.codes, -shares, runs.places))
    order = order[users.first(runs.places[order], PREFERRED)]
    families[f"{group}_preferred"] = users.lists(runs.places[order], runs.codes[order])
    return families

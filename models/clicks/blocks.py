"""The click model's matrix for a block of users: what the ranker knows of user and item, the context, the views.

Samples and scores come from this same code. Where an item was shown is an input like any other in training; whoever
asks for probabilities of items that weren't shown yet asks for all of them in the same place. Sources: Zinkevich, Rules
of Machine Learning, rule 36; Guo et al., PAL: a position-bias aware learning framework for CTR prediction in live
recommender systems, RecSys 2019, DOI 10.1145/3298689.3347033.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.facts import Facts
from features.views import HOUR, context_columns, statistics, view_columns, views
from models.arrow import ragged_codes
from models.rank.blocks import Inputs, user_block
from models.rank.matrix import NO_GROUP, ItemTable, assemble, lookup

NOWHERE = -1
SPAN = 1 << 20  # more codes than a context or the hours have
OWN = ("item_code", "exposed_at", "label", "positive", "weight")
CONTEXT = ("context_hour", "context_weekday")


@dataclass(frozen=True)
class Views:
    """The views without users. tables: name -> (n,) int64 keys `code * SPAN + other_code`, ascending, and (n,
    statistics) float32 values. codes: context -> its value as text -> code.
    """

    tables: dict[str, tuple[np.ndarray, np.ndarray]]
    codes: dict[str, dict[str, int]]


def views_of(table: pa.Table, facts: Facts) -> Views:
    """From the rows of context_features."""
    names, tables, codes = list(statistics(facts)), {}, {}
    table = table.sort_by([(key, "ascending") for key in ("view", "code", "other_code")])
    for view in views(facts):
        if view.of_user:
            continue
        rows = table.filter(pc.equal(table["view"], view.name))
        keys = rows["code"].to_numpy().astype(np.int64) * SPAN + rows["other_code"].to_numpy()
        tables[view.name] = keys, _floats([rows[name] for name in names], len(rows))
        if view.name in facts.context:
            codes[view.name] = dict(zip(rows["key"].to_pylist(), rows["code"].to_pylist(), strict=True))
    return Views(tables, codes)


def with_unknown(items: ItemTable) -> ItemTable:
    """With one item more, the last, of which nothing is known; so -1 is its code, too."""
    nothing = np.full((1, items.values.shape[1]), np.nan, np.float32)
    groups = {name: np.r_[codes, NO_GROUP].astype(np.int32) for name, codes in items.groups.items()}
    return ItemTable(np.concatenate([items.values, nothing]), groups)


def click_matrix(rows: pa.RecordBatch, inputs: Inputs, items: ItemTable, known: Views, facts: Facts) -> np.ndarray:
    """(m, f) float32, one row an impression, the columns of `jobs.tables.clicks.click_feature_names`.

    rows: one a user, with `inputs.user_columns`, the columns of user_context_features, all of them null for a user of
    whom nothing is known, and the impressions as `features.impressions` gives them. items: of `with_unknown`.
    """
    offsets, codes = ragged_codes(rows["item_code"])
    places = {"item_id": codes, **{group: items.groups[group][codes] for group in facts.groups}}
    codes = np.where(codes < 0, len(items.values) - 1, codes).astype(np.int32)
    columns = {name: rows[name].flatten().to_numpy(zero_copy_only=False) for name in CONTEXT}
    places[HOUR] = columns["context_hour"].astype(np.int32)
    for name in facts.context:
        texts = rows[name].flatten()
        columns[f"context_{name}"] = _each(texts, _number, np.nan).astype(np.float32)
        places[name] = _each(texts, partial(_code, known.codes[name]), NOWHERE).astype(np.int32)
    parts = [
        assemble(user_block(rows, inputs, offsets, codes), items),
        np.stack([columns[name] for name in context_columns(facts)], axis=1),
    ]
    names = list(statistics(facts))
    for view in views(facts):
        if view.of_user:
            user_offsets, keys = ragged_codes(rows[f"by_{view.name}_codes"])
            values = _floats([rows[f"by_{view.name}_{name}"].flatten() for name in names], len(keys))
            parts.append(lookup(user_offsets, keys, values, offsets, places[view.other]))
        else:
            parts.append(_of_view(known.tables[view.name], places[view.key], places.get(view.other)))
    return np.concatenate(parts, axis=1, dtype=np.float32)


def impression_block(
    rows: pa.RecordBatch, inputs: Inputs, items: ItemTable, known: Views, facts: Facts
) -> pa.RecordBatch:
    """Grain: impression. Columns: user_code, those of `OWN`, then the features."""
    X = click_matrix(rows, inputs, items, known, facts)
    names = [*inputs.features, *context_columns(facts), *view_columns(facts)]
    offsets, _ = ragged_codes(rows["item_code"])
    users = np.repeat(rows["user_code"].to_numpy(), np.diff(offsets)).astype(np.int32)
    own = [pa.array(users), *(rows[name].flatten() for name in OWN)]
    features = [pa.array(np.ascontiguousarray(column), from_pandas=True) for column in X.T]
    return pa.RecordBatch.from_arrays([*own, *features], ["user_code", *OWN, *names])


def _of_view(table: tuple[np.ndarray, np.ndarray], keys: np.ndarray, others: np.ndarray | None) -> np.ndarray:
    """What the view says of each of (m,) keys and others, codes of which -1 is unknown."""
    known, values = table
    query = keys.astype(np.int64) * SPAN + (0 if others is None else others)
    query[keys < 0] = NOWHERE
    if others is not None:
        query[others < 0] = NOWHERE
    return lookup(np.array([0, len(known)]), known, values, np.array([0, len(query)]), query)


def _each(texts: pa.Array, value: Callable[[str], float], missing: float) -> np.ndarray:
    """A number for each text, worked out once a distinct one."""
    coded = texts.dictionary_encode()
    found = np.array([value(text) for text in coded.dictionary.to_pylist()] + [missing])
    return found[coded.indices.fill_null(len(found) - 1).to_numpy(zero_copy_only=False)]


def _code(codes: Mapping[str, int], text: str) -> int:
    return codes.get(text, NOWHERE)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def _floats(columns: Sequence[pa.Array | pa.ChunkedArray], length: int) -> np.ndarray:
    """(length, columns) float32; null is NaN."""
    values = np.empty((length, len(columns)), np.float32)
    for number, column in enumerate(columns):
        values[:, number] = column.to_pandas()
    return values

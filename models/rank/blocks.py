"""Arrow rows of users to the blocks that `models.rank.matrix` assembles, and what is done with each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from features.specs import SHOWN
from models.arrow import ragged_codes
from models.rank.base import Ranker
from models.rank.coarse import Coarse
from models.rank.matrix import NO_GROUP, ItemTable, Ragged, UserBlock, assemble, feature_names

CANDIDATE_CODES = "candidate_codes"
PAIR_CODES = "pair_codes"
LABEL_CODES = "label_codes"
LABELS = "labels"
SHIFT, MIX, SPREAD = np.uint64(33), np.uint64(0xFF51AFD7ED558CCD), np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Inputs:
    """Names of the columns that make up a block's features, which are also the features' names.

    user and item: float. behaviour: arrays parallel to `PAIR_CODES`. affinities: group -> arrays parallel to
    `<group>_codes`, `SHOWN` being a group of which every item is its own member. evidence: arrays parallel to
    `CANDIDATE_CODES`. matches: name -> the user's and the item's feature whose log ratio it is. context: name -> value.
    """

    user: tuple[str, ...]
    item: tuple[str, ...]
    behaviour: tuple[str, ...]
    affinities: dict[str, tuple[str, ...]]
    evidence: tuple[str, ...]
    matches: dict[str, tuple[str, str]] = field(default_factory=dict)
    context: dict[str, float] = field(default_factory=dict)

    @property
    def features(self) -> list[str]:
        parts = (self.user, self.item, self.behaviour, self.affinities, self.evidence)
        return feature_names(*parts, tuple(self.matches), tuple(self.context))

    @property
    def match_columns(self) -> np.ndarray:
        """(k, 2) int64: of each match the places of its features among `user` and `item`."""
        places = [(self.user.index(user), self.item.index(item)) for user, item in self.matches.values()]
        return np.array(places, np.int64).reshape(-1, 2)

    @property
    def user_columns(self) -> list[str]:
        """The columns that a row per user must have, besides user_code and the label columns."""
        groups = [name for group, names in self.affinities.items() for name in (f"{group}_codes", *names)]
        return [*self.user, PAIR_CODES, *self.behaviour, *groups, CANDIDATE_CODES, *self.evidence]


def item_table(items: pa.Table, inputs: Inputs) -> ItemTable:
    """From the rows of item_features in the order of item_code; features under the names of `inputs.item`."""
    groups = {
        group: items[f"{group}_code"].fill_null(NO_GROUP).to_numpy().astype(np.int32)
        for group in inputs.affinities
        if group != SHOWN
    }
    groups[SHOWN] = np.arange(len(items), dtype=np.int32)
    return ItemTable(_floats([items[name].combine_chunks() for name in inputs.item], len(items)), groups)


def user_block(rows: pa.RecordBatch, inputs: Inputs, pair_offsets: np.ndarray, pair_items: np.ndarray) -> UserBlock:
    """The block of the given pairs, from rows that have `inputs.user_columns`."""
    return UserBlock(
        pair_offsets=pair_offsets,
        pair_items=pair_items,
        user_values=_floats([rows[name] for name in inputs.user], rows.num_rows),
        behaviour=_ragged(rows, PAIR_CODES, inputs.behaviour),
        affinities={group: _ragged(rows, f"{group}_codes", names) for group, names in inputs.affinities.items()},
        evidence=_ragged(rows, CANDIDATE_CODES, inputs.evidence),
        matches=inputs.match_columns,
        context=np.array(list(inputs.context.values()), np.float32),
    )


def rank_block(
    rows: pa.RecordBatch,
    inputs: Inputs,
    items: ItemTable,
    ranker: Ranker,
    names: Sequence[str] | None = None,
    coarse: Coarse | None = None,
) -> pa.RecordBatch:
    """Grain: user. Columns: user_code, item_codes (candidates, best first; ties by code), scores (probabilities).

    names: those of the inputs' features that the ranker is given; None: all. coarse: leaves each user's best
    candidates; the others are in no list.
    """
    offsets, codes = ragged_codes(rows[CANDIDATE_CODES])
    if coarse is not None:
        kept = coarse.cut(offsets, codes, _ragged(rows, CANDIDATE_CODES, coarse.names).values)
        offsets, codes = np.append(0, np.cumsum(kept))[offsets], codes[kept]
    X = assemble(user_block(rows, inputs, offsets, codes), items)
    names = inputs.features if names is None else list(names)
    if names != inputs.features:
        X = X[:, [inputs.features.index(name) for name in names]]
    scores = ranker.predict(X, names).astype(np.float32)
    users = np.repeat(np.arange(rows.num_rows), np.diff(offsets))
    order = np.lexsort((codes, -scores, users))
    lists = [pa.ListArray.from_arrays(offsets.astype(np.int32), pa.array(values[order])) for values in (codes, scores)]
    return pa.RecordBatch.from_arrays([rows["user_code"], *lists], names=["user_code", "item_codes", "scores"])


def labelled_pairs(
    rows: pa.RecordBatch, *, negatives: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A user's candidates with what happened to them; the ranker learns on what it will rank.

    In: `CANDIDATE_CODES`, and in `LABEL_CODES` and `LABELS` what the user took or, where the source logs exposures,
    was shown. Candidates among those are all kept. Of the others, which nobody took, at most `negatives` are, drawn by
    a hash of the pair, and only for users who took a candidate; each stands for as many as were left out for it, so
    probabilities stay those of all candidates. A user's rows weigh 1 / sqrt(positives): big baskets don't outvote all.
    Returns offsets (n + 1,), items (m,), labels (m,) float32 and weights (m,) float32.
    """
    offsets, items = ragged_codes(rows[CANDIDATE_CODES])
    seen_offsets, seen_items = ragged_codes(rows[LABEL_CODES])
    took = rows[LABELS].flatten().to_numpy(zero_copy_only=False) > 0
    numbers = np.arange(rows.num_rows, dtype=np.int64)
    users, seen_users = np.repeat(numbers, np.diff(offsets)), np.repeat(numbers, np.diff(seen_offsets))
    stride = np.int64(max(items.max(initial=0), seen_items.max(initial=0)) + 1)
    keys, seen_keys = users * stride + items, seen_users * stride + seen_items
    seen, labels = np.isin(keys, seen_keys), np.isin(keys, seen_keys[took])

    def count(where: np.ndarray) -> np.ndarray:
        return np.bincount(users[where], minlength=rows.num_rows)[users]

    positives, unseen = count(labels), count(~seen)
    codes = rows["user_code"].to_numpy().astype(np.uint64)[users]
    order = np.lexsort((draw(codes, items, seed), seen, users))
    place = np.empty(len(items), np.int64)
    place[order] = np.arange(len(items)) - offsets[:-1][users[order]]
    keep = seen | ((place < negatives) & (positives > 0))
    stands_for = np.where(seen, 1.0, unseen / np.clip(unseen, 1, negatives))
    weights = stands_for / np.sqrt(np.maximum(positives, 1))
    kept = np.concatenate([[0], np.cumsum(np.bincount(users[keep], minlength=rows.num_rows))]).astype(np.int64)
    return kept, items[keep], labels[keep].astype(np.float32), weights[keep].astype(np.float32)


def sample_block(
    rows: pa.RecordBatch,
    inputs: Inputs,
    items: ItemTable,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> pa.RecordBatch:
    """Grain: pair. Columns: user_code, item_code, label, weight, then the features."""
    offsets, codes, labels, weights = pairs
    X = assemble(user_block(rows, inputs, offsets, codes), items)
    users = np.repeat(rows["user_code"].to_numpy(), np.diff(offsets)).astype(np.int32)
    columns = [users, codes, labels, weights, *(np.ascontiguousarray(column) for column in X.T)]
    names = ["user_code", "item_code", "label", "weight", *inputs.features]
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], names=names)


def draw(users: np.ndarray, items: np.ndarray, seed: int) -> np.ndarray:
    """(m,) uint64 that look random, each from its user code, item code and seed alone.

    The mixing steps are those of MurmurHash3's finaliser (Appleby, public domain).
    """
    salt = np.array([seed]).astype(np.uint64) * MIX  # an array, for numpy warns when a lone number wraps around
    values = users * SPREAD + items.astype(np.uint64) + salt
    for _ in range(2):
        values = (values ^ (values >> SHIFT)) * MIX
    return values ^ (values >> SHIFT)


def _ragged(rows: pa.RecordBatch, keys: str, names: Sequence[str]) -> Ragged:
    offsets, codes = ragged_codes(rows[keys])
    return Ragged(offsets, codes, _floats([rows[name].flatten() for name in names], len(codes)))


def _floats(columns: Sequence[pa.Array], length: int) -> np.ndarray:
    """(length, columns) float32; null is NaN."""
    values = np.empty((length, len(columns)), np.float32)
    for number, column in enumerate(columns):
        values[:, number] = column.to_numpy(zero_copy_only=False)
    return values

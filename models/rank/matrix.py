"""The ranker's matrix for a block of users; training samples and nightly scores come from this same code.

Rows are (user, item) pairs. Columns: the user's, the item's, the pair's behaviour, the user's affinity to each of the
item's groups, how well user and item match, what is known of the day, and the recall channels' evidence for the pair.
NaN means that nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

NO_GROUP = -1


@dataclass(frozen=True)
class Ragged:
    """Keyed rows of several users. User i's keys are `keys[offsets[i]:offsets[i + 1]]`.

    offsets: (n + 1,) int64. keys: (q,) int32 codes, 0 or more, ascending and distinct within a user. values: (q, w)
    float32, NaN means missing. Raises ValueError when the shapes don't fit together.
    """

    offsets: np.ndarray
    keys: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        _check_offsets(self.offsets, len(self.keys))
        if self.values.ndim != 2 or len(self.values) != len(self.keys):
            raise ValueError(f"values must have the shape ({len(self.keys)}, columns), got {self.values.shape}.")


@dataclass(frozen=True)
class UserBlock:
    """What is known of n users as of a day, and the m pairs to build rows for.

    pair_offsets: (n + 1,) int64. pair_items: (m,) int32 item codes, ascending within a user. user_values: (n, u)
    float32. behaviour: by item code, (q, b). affinities: by name of a group, keyed by the group's codes, (q, c).
    evidence: by item code, (q, 2 * channels): score and rank by each channel, NaN where it didn't recall the item.
    matches: (k, 2) integers: a column of user_values and one of the items' values, of which the pair has the log ratio.
    context: (c,) float32, the same for every pair.
    """

    pair_offsets: np.ndarray
    pair_items: np.ndarray
    user_values: np.ndarray
    behaviour: Ragged
    affinities: dict[str, Ragged]
    evidence: Ragged
    matches: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int64))
    context: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))


@dataclass(frozen=True)
class ItemTable:
    """What is known of all items as of a day, by item code.

    values: (items, i) float32. groups: by name, (items,) int32 codes such as the item's category; -1 means none.
    """

    values: np.ndarray
    groups: dict[str, np.ndarray]


def feature_names(
    user: Sequence[str],
    item: Sequence[str],
    behaviour: Sequence[str],
    affinities: Mapping[str, Sequence[str]],
    evidence: Sequence[str],
    match: Sequence[str] = (),
    context: Sequence[str] = (),
) -> list[str]:
    """The names of the columns of `assemble`, in their order; affinities go by the groups' names, ascending.

    Raises ValueError that lists the names given more than once.
    """
    groups = [name for group in sorted(affinities) for name in affinities[group]]
    names = [*user, *item, *behaviour, *groups, *match, *context, *evidence]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"feature names must be distinct, repeated: {', '.join(doubled)}.")
    return names


def assemble(block: UserBlock, items: ItemTable) -> np.ndarray:
    """(m, f) float32, one row a pair in the block's order, columns as named by `feature_names`.

    Raises ValueError when the users' parts have different numbers of users, a pair names an item outside the table, an
    affinity has no group in the table, or keys aren't ascending within a user.
    """
    _check_block(block, items)
    offsets, pairs = block.pair_offsets, block.pair_items
    of_user, of_item = np.repeat(block.user_values, np.diff(offsets), axis=0), items.values[pairs]
    parts = [
        of_user,
        of_item,
        _look_up(block.behaviour, offsets, pairs),
        *(_look_up(block.affinities[name], offsets, items.groups[name][pairs]) for name in sorted(block.affinities)),
        _log_ratios(of_item[:, block.matches[:, 1]], of_user[:, block.matches[:, 0]]),
        np.broadcast_to(block.context, (len(pairs), len(block.context))),
        _look_up(block.evidence, offsets, pairs),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def lookup(
    offsets: np.ndarray, keys: np.ndarray, values: np.ndarray, query_offsets: np.ndarray, query_keys: np.ndarray
) -> np.ndarray:
    """(m, w) float32: for each query the values under its key within its row, NaN where the row has no such key.

    offsets: (n + 1,). keys: (q,), 0 or more, ascending and distinct within a row. values: (q, w). query_offsets:
    (n + 1,) over the same rows. query_keys: (m,) in any order; -1 finds nothing. One binary search over all rows: a row
    and a key become one integer, row * stride + key.

    Raises ValueError when keys are negative or not ascending within a row, query keys are below -1, or the numbers of
    rows differ.
    """
    if len(offsets) != len(query_offsets):
        raise ValueError(f"{len(query_offsets) - 1} rows of queries meet {len(offsets) - 1} rows of keys.")
    if len(keys) and keys.min() < 0:
        raise ValueError(f"keys must be 0 or more, got {keys.min()}.")
    if query_keys.min(initial=NO_GROUP) < NO_GROUP:
        raise ValueError(f"query keys must be {NO_GROUP} or more, got {query_keys.min()}.")
    stride = max(int(keys.max(initial=0)), int(query_keys.max(initial=0))) + 2  # a place of its own for -1 in each row
    table = _combined(offsets, keys, stride)
    if (np.diff(table) <= 0).any():
        raise ValueError("keys must be ascending and distinct within a row.")
    found = np.full((len(query_keys), values.shape[1]), np.nan, np.float32)
    if not len(table):
        return found
    queries = _combined(query_offsets, query_keys, stride)
    places = np.minimum(np.searchsorted(table, queries), len(table) - 1)
    hits = np.flatnonzero(table[places] == queries)
    found[hits] = values[places[hits]]
    return found


def _log_ratios(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """log(above / below), NaN unless both are above 0."""
    known = (above > 0) & (below > 0)
    return np.log(np.divide(above, below, out=np.full(above.shape, np.nan, np.float32), where=known))


def _look_up(table: Ragged, query_offsets: np.ndarray, query_keys: np.ndarray) -> np.ndarray:
    return lookup(table.offsets, table.keys, table.values, query_offsets, query_keys)


def _combined(offsets: np.ndarray, keys: np.ndarray, stride: int) -> np.ndarray:
    bases = np.arange(len(offsets) - 1, dtype=np.int64) * stride
    return np.repeat(bases, np.diff(offsets)) + keys + 1


def _check_offsets(offsets: np.ndarray, length: int) -> None:
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != length or (np.diff(offsets) < 0).any():
        raise ValueError(f"offsets must ascend from 0 to {length}.")


def _check_block(block: UserBlock, items: ItemTable) -> None:
    _check_offsets(block.pair_offsets, len(block.pair_items))
    users = len(block.pair_offsets) - 1
    parts = {"behaviour": block.behaviour, "evidence": block.evidence, **block.affinities}
    counts = {"user_values": len(block.user_values)} | {name: len(part.offsets) - 1 for name, part in parts.items()}
    wrong = {name: count for name, count in counts.items() if count != users}
    if wrong:
        raise ValueError(f"the block has pairs of {users} users, but other numbers of users in {wrong}.")
    unknown = sorted(set(block.affinities) - set(items.groups))
    if unknown:
        raise ValueError(f"affinities without a group in the item table: {', '.join(unknown)}.")
    short = sorted(name for name, codes in items.groups.items() if len(codes) != len(items.values))
    if short:
        raise ValueError(f"groups must have one code an item ({len(items.values)}): {', '.join(short)} differ.")
    if len(block.pair_items) and not 0 <= block.pair_items.min() <= block.pair_items.max() < len(items.values):
        raise ValueError(f"pair_items must be item codes from 0 to {len(items.values) - 1}.")

"""Lists of a block of users on their way through the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from models.recall.ragged import among, offsets_of, positions
from models.rerank import PLACERS

UNSCORED = np.float32(np.nan)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
ROOM = 8  # places of the table in `listed` for each key


def listed(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n,) bool: whether each key is one of the ascending keys `known`, when few are.

    A table of hashes passes over nearly all others, which is several times quicker than to search for them.
    """
    bits = max(int(len(known) * ROOM).bit_length(), 1)
    shift = np.uint64(64 - bits)
    table = np.zeros(1 << bits, bool)
    table[(known.astype(np.uint64) * SPREAD) >> shift] = True
    found: np.ndarray = table[(keys.astype(np.uint64) * SPREAD) >> shift]
    at = np.flatnonzero(found)
    found[at] = among(keys[at], known)
    return found


@dataclass(frozen=True)
class History:
    """What the users of a block did. Keys are `row * stride + item`, ascending.

    own: (m,) int64 keys of items with an event that is no exposure. taken, disliked: (m,) bool. days_since: (m,)
    float32 days since the user last took the item, 0 is the day itself, NaN where that is unknown. shown: (s,) int64
    keys of items shown lately; times: (s,) float32 how often.
    """

    own: np.ndarray
    taken: np.ndarray
    disliked: np.ndarray
    days_since: np.ndarray
    shown: np.ndarray
    times: np.ndarray


@dataclass(frozen=True)
class Barred:
    """What must not be shown: ascending keys of a row and an item, and pairs of masks, (rows,) bool or None for all
    users, (items,) bool.
    """

    keys: tuple[np.ndarray, ...] = ()
    masks: tuple[tuple[np.ndarray | None, np.ndarray], ...] = ()

    def __add__(self, other: Barred) -> Barred:
        return Barred(self.keys + other.keys, self.masks + other.masks)

    def holds(self, rows: np.ndarray, items: np.ndarray, stride: np.int64) -> np.ndarray:
        """(m,) bool: whether the item of each pair is barred from the row's list."""
        barred = np.zeros(len(items), bool)
        for keys in self.keys:
            barred |= listed(rows * stride + items, keys)
        for users, mask in self.masks:
            barred |= mask[items] if users is None else users[rows] & mask[items]
        return barred


@dataclass(frozen=True)
class Block:
    """List i is `[offsets[i]:offsets[i + 1]]`, best first; the rank of an item is its place, from 1.

    users: (n,) int user codes. offsets: (n + 1,) int64. items: (nnz,) int32, none twice in a list. scores: (nnz,)
    float32 the ranker's, NaN where it gave none. values: (nnz,) float32, at least 0, what rules multiply to move an
    item: the score, 0 for one without. placed: (nnz,) int8 positions in `PLACERS`. profile: column -> (n,) codes of
    the users' segments. barred: what no rule may bring in. kinds: (items,) item codes, equal for items of which a list
    shows one only.
    """

    users: np.ndarray
    offsets: np.ndarray
    items: np.ndarray
    scores: np.ndarray
    values: np.ndarray
    placed: np.ndarray
    history: History
    profile: Mapping[str, np.ndarray]
    kinds: np.ndarray
    barred: Barred = field(default=Barred())

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def stride(self) -> np.int64:
        return np.int64(len(self.kinds))

    @property
    def counts(self) -> np.ndarray:
        """(n,) lengths of the lists."""
        return np.diff(self.offsets)

    @cached_property
    def rows(self) -> np.ndarray:
        """(nnz,) the row of each item."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.counts)

    @cached_property
    def keys(self) -> np.ndarray:
        """(nnz,) int64 `row * stride + item`."""
        return self.rows * self.stride + self.items

    @cached_property
    def places(self) -> np.ndarray:
        """(nnz,) int64 places within the lists, from 0."""
        return positions(self.counts)

    def members(self, segment: tuple[str, int] | None) -> np.ndarray | None:
        """(n,) bool: the users of a segment; None for everyone."""
        return None if segment is None else self.profile[segment[0]] == segment[1]

    def kept(self, keep: np.ndarray) -> Block:
        """Without the items for which the (nnz,) mask is False."""
        if keep.all():
            return self
        counts = np.bincount(self.rows[keep], minlength=len(self))
        return self._with(np.flatnonzero(keep), offsets_of(counts))

    def ordered(self, order: np.ndarray) -> Block:
        """In another order: (nnz,) where each item stood, a permutation that leaves everything in its list."""
        return self._with(order, self.offsets)

    def weighed(self, factors: np.ndarray) -> Block:
        """Values times the (nnz,) factors, and lists with an item that moved put in the order of values."""
        moved = np.zeros(len(self), bool)
        moved[self.rows[factors != 1]] = True
        if not moved.any():
            return self
        block = replace(self, values=(self.values * factors).astype(np.float32))
        index, used = block.head(int(self.counts.max(initial=0)), moved)
        table = np.where(used, -block.values[index], np.float32(np.inf))
        best = np.argsort(table, axis=1, kind="stable")
        order = np.arange(len(self.items))
        order[index[used]] = np.take_along_axis(index, best, axis=1)[used]
        return block.ordered(order)

    def head(self, width: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Of the lists of all rows, or of those in a (n,) mask, the first `width` places: where each stands in the flat
        arrays, (rows, at most width) int64, and whether there is such a place; 0 and False where there isn't.
        """
        starts, counts = self.offsets[:-1], self.counts
        if rows is not None:
            starts, counts = starts[rows], counts[rows]
        width = min(width, int(counts.max(initial=0)))
        used = np.arange(width) < counts[:, None]
        return np.where(used, starts[:, None] + np.arange(width), 0), used

    def fronted(self, index: np.ndarray, used: np.ndarray, picks: np.ndarray) -> Block:
        """The picked places of a `head` of all rows first, the others after them in their order.

        picks: (n, places) int columns of the head, distinct; -1 where a list has no more.
        """
        width = used.shape[1]
        priority = np.where(used, picks.shape[1] + np.arange(width), picks.shape[1] + width)
        row, place = np.nonzero(picks >= 0)
        priority[row, picks[row, place]] = place
        best = np.argsort(priority, axis=1, kind="stable")
        order = np.arange(len(self.items))
        order[index[used]] = np.take_along_axis(index, best, axis=1)[used]
        return self.ordered(order)

    def placing(self, rows: np.ndarray, items: np.ndarray, places: np.ndarray, placer: str) -> Block:
        """With items at given places, the others in their order around them; a list that is too short has them last.

        rows, places: (m,), ascending by row, then place (from 0), no pair twice; no item twice in a row. Items that
        stood in the list move and keep their score; others of the same kind go.
        """
        if not len(rows):
            return self
        wanted, kinds = rows * self.stride + self.kinds[items], self.rows * self.stride + self.kinds[self.items]
        by_key = np.argsort(wanted)
        gone = np.flatnonzero(listed(kinds, wanted[by_key]))
        placed = by_key[np.searchsorted(wanted[by_key], kinds[gone])]
        same = items[placed] == self.items[gone]
        scores, values = np.full(len(rows), UNSCORED), np.zeros(len(rows), np.float32)
        scores[placed[same]], values[placed[same]] = self.scores[gone[same]], self.values[gone[same]]
        keep = np.ones(len(self.items), bool)
        keep[gone] = False
        rest, more = self.kept(keep), np.bincount(rows, minlength=len(self))
        # Before the place p with the number j of a row, p - j of the others stand, or all of them.
        at = rest.offsets[rows] + np.minimum(places - positions(more), rest.counts[rows])
        return replace(
            rest,
            offsets=offsets_of(rest.counts + more),
            items=np.insert(rest.items, at, items),
            scores=np.insert(rest.scores, at, scores),
            values=np.insert(rest.values, at, values),
            placed=np.insert(rest.placed, at, PLACERS.index(placer)),
        )

    def _with(self, order: np.ndarray, offsets: np.ndarray) -> Block:
        flat = {name: getattr(self, name)[order] for name in ("items", "scores", "values", "placed")}
        return replace(self, offsets=offsets, **flat)

"""Arithmetic on lists of unequal length that stand one after the other in flat arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.types import Lists


def empty_lists(n: int) -> Lists:
    """n lists without an item."""
    return Lists(np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))


def concat(parts: Sequence[Lists]) -> Lists:
    """The lists of all parts, one after the other."""
    if not parts:
        return empty_lists(0)
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    return Lists(
        offsets_of(counts),
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def offsets_of(counts: np.ndarray) -> np.ndarray:
    """(n,) lengths -> (n + 1,) int64 offsets."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def positions(counts: np.ndarray) -> np.ndarray:
    """(n,) lengths -> (nnz,) int64 positions from 0 within each list."""
    offsets = offsets_of(counts)
    return np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)


def distinct(keys: np.ndarray) -> np.ndarray:
    """The distinct keys, ascending; a sort is several times quicker here than the hash table behind np.unique."""
    ordered = np.sort(keys)
    return ordered[np.concatenate([np.ones(min(len(keys), 1), bool), ordered[1:] != ordered[:-1]])]


def repeated(keys: np.ndarray) -> bool:
    """Whether a key occurs twice."""
    return len(distinct(keys)) < len(keys)


def among(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n,) bool: whether each key is one of the ascending keys `known`."""
    if not len(known):
        return np.zeros(len(keys), bool)
    found: np.ndarray = known[np.searchsorted(known[:-1], keys)] == keys
    return found


def look_up(wanted: np.ndarray, keys: np.ndarray, values: np.ndarray, absent: np.generic) -> np.ndarray:
    """(n,) the value of each wanted key, `absent` where it isn't among the ascending keys."""
    if not len(keys):
        return np.full(len(wanted), absent)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], absent)

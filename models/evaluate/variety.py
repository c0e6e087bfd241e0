"""What lists are besides right: how little known their items are, and how unlike each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluate.metrics import Ragged
from models.recall.ragged import positions


def novelty(lists: Ragged, taken_by: np.ndarray, users: int, k: int) -> np.ndarray:
    """(n,) bits: the mean over a list's first k items of -log2(share of users who took the item); NaN without a list.

    taken_by: (items,) users who took each item, of `users` in all. Both count one more, so that an item that nobody
    took is as novel as can be, not infinitely so. Source: Zhou et al., PNAS 2010, DOI 10.1073/pnas.1000488107.
    """
    rows, items = _first(lists, k)
    n = len(lists.offsets) - 1
    share = (taken_by[items] + 1) / (users + 1)
    return _mean(np.bincount(rows, -np.log2(share), minlength=n), np.bincount(rows, minlength=n))


def diversity(lists: Ragged, groups: Sequence[np.ndarray], k: int) -> np.ndarray:
    """(n,) in 0..1: the mean distance of two of a list's first k items; NaN with fewer than two, or without groups.

    groups: of each attribute (items,) codes of its values, -1 where it is unknown. The distance is the share of the
    attributes in which two items differ; what is unknown differs from everything. Source: Ziegler et al., WWW 2005,
    DOI 10.1145/1060745.1060754.
    """
    rows, items = _first(lists, k)
    n = len(lists.offsets) - 1
    length = np.bincount(rows, minlength=n)
    alike = np.zeros(n)
    for codes in groups:
        known = codes[items] >= 0
        span = np.int64(codes.max(initial=0)) + 1
        # Items of one user that share a value make as many pairs as there are twos among them.
        keys, count = np.unique(rows[known] * span + codes[items][known], return_counts=True)
        alike += np.bincount(keys // span, count * (count - 1) / 2, minlength=n)
    pairs = length * (length - 1) / 2 * len(groups)
    return 1 - _mean(alike, pairs)


def _first(lists: Ragged, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and item of the first k places of every list."""
    counts = np.diff(lists.offsets)
    near = positions(counts) < k
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)[near], lists.items[near]


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(n,) total / count, NaN where the count is 0."""
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)

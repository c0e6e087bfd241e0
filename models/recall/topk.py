"""Exact top-k of dense or sparse score rows, equal scores in ascending item order, in memory bounded by blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.sparse import csr_matrix

from models.recall.ragged import concat, offsets_of
from models.types import Lists

BLOCK_SCORES = 1 << 24
"""Scores that one block may hold: 64 MiB of float32."""

GROUP = 16
"""Columns per group when a dense row's k-th best score is bounded from the groups' maxima."""

UNUSED = np.iinfo(np.uint64).max
"""Sorts behind every key."""


def block_rows(width: int) -> int:
    """Rows of `width` scores in a block."""
    return max(1, BLOCK_SCORES // max(width, 1))


def by_blocks(top: Callable[[np.ndarray], Lists], rows: np.ndarray, width: int, num_threads: int) -> Lists:
    """`top` of consecutive blocks of rows, each row up to `width` scores, joined in order; 0 threads: one per core.

    Blocks are computed independently, so the number of threads does not change the result.
    """

    def blocks() -> Iterator[np.ndarray]:
        step = block_rows(width)
        return (rows[start : start + step] for start in range(0, len(rows), step))

    with ThreadPoolExecutor(num_threads or os.cpu_count()) as pool:
        return concat(list(pool.map(top, blocks())))


def dense_candidates(scores: np.ndarray, k: int, slack: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(items, counts): of each row of (n, items) float32 scores every item whose true score may be among the k best and
    above the row's `slack` ((n,) float32), when each score is off by at most half of it.

    At least k entries reach the k-th best maximum of the row's groups of columns, so little more than k are returned;
    a partition of whole rows takes three times as long. -inf marks what may not be returned.

    Raises ValueError when a score is not a number.
    """
    n, width = scores.shape
    span = width // GROUP
    # A group is every span-th column: the maximum then runs over whole slices, which is quick.
    maxima = np.concatenate(
        [scores[:, : span * GROUP].reshape(n, GROUP, span).max(axis=1), scores[:, span * GROUP :]], axis=1
    )
    if np.isnan(maxima).any():
        raise ValueError("scores that are not numbers: the channel did not converge, raise its regularization.")
    bound = np.maximum(slack / 2, np.finfo(np.float32).smallest_subnormal)
    if maxima.shape[1] > k:
        kth = maxima.shape[1] - k
        bound = np.maximum(bound, np.partition(maxima, kth, axis=1)[:, kth] - slack)
    keep = scores >= bound[:, None]
    counts = np.count_nonzero(keep, axis=1)
    return np.flatnonzero(keep) - np.repeat(np.arange(n) * width, counts), counts


def sparse_top(scores: csr_matrix, k: int) -> Lists:
    """Best k positive stored scores of each row of (n, items) float32; entries of a row may stand in any order."""
    return ragged_top(scores.indices, scores.data, np.diff(scores.indptr), k)


def ragged_top(items: np.ndarray, scores: np.ndarray, counts: np.ndarray, k: int) -> Lists:
    """Best k positive scores of each of n lists, given one after the other: items and scores (nnz,), counts (n,).

    The bits of positive floats order like the floats, so one integer key (inverted score bits, then item) sorts by
    descending score and ascending item at once.
    """
    scores = scores.astype(np.float32, copy=False)
    positive = scores > 0
    if not positive.all():
        items, scores, counts = items[positive], scores[positive], _kept(positive, counts)
    order = ~np.ascontiguousarray(scores).view(np.uint32)
    items, order, counts = _cut(order, items, order, counts, k)
    keys = order.astype(np.uint64) << np.uint64(32) | items.astype(np.uint64)
    _, keys, counts = _cut(keys, items, keys, counts, k)  # only where equal scores straddle the k-th place
    width = int(counts.max(initial=0))
    used = np.arange(width) < counts[:, None]
    table = np.full(used.shape, UNUSED)
    table[used] = keys
    table.sort(axis=1)
    keys = table[used]
    values = (~(keys >> np.uint64(32)).astype(np.uint32)).view(np.float32)
    return Lists(offsets_of(counts), (keys & np.uint64(0xFFFFFFFF)).astype(np.int32), values)


def _cut(
    by: np.ndarray, items: np.ndarray, values: np.ndarray, counts: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """items, values and counts without the entries whose `by` exceeds the k-th smallest of their list.

    A loop over the lists longer than k: one partition of a slice is quicker than any padded or sorted form of it.
    """
    longer = np.flatnonzero(counts > k)
    if not len(longer):
        return items, values, counts
    offsets = offsets_of(counts).tolist()
    bound = np.full(len(counts), np.iinfo(by.dtype).max, by.dtype)
    for row in longer.tolist():
        bound[row] = np.partition(by[offsets[row] : offsets[row + 1]], k - 1)[k - 1]
    keep = by <= np.repeat(bound, counts)
    return items[keep], values[keep], _kept(keep, counts)


def _kept(keep: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Entries kept per list, from a mask over all entries."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)])
    return np.diff(total[offsets_of(counts)])

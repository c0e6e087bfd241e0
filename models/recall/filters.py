"""What must not be listed, taken out of sparse scores."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix


def without_seen(scores: csr_matrix, rows: np.ndarray, items: np.ndarray) -> csr_matrix:
    """The scores with 0 at the given (row, item) entries, which are sorted; entries of a row may stand in any order."""
    if len(rows):
        stride = np.int64(scores.shape[1])
        seen = np.concatenate([rows * stride + items, [np.iinfo(np.int64).max]])
        of = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        keys = of * stride + scores.indices
        scores.data[seen[np.searchsorted(seen, keys)] == keys] = 0
    return scores

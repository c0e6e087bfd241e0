"""Arrow's list columns as the flat arrays that models work on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def ragged(lists: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """(n + 1,) int64 offsets and the flat values of a list column, slices included; a null list is an empty one."""
    lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]), lists.flatten()


def ragged_codes(lists: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The same for a column of code lists: (n + 1,) int64 and (m,) int32."""
    offsets, values = ragged(lists)
    return offsets, values.to_numpy(zero_copy_only=False).astype(np.int32)

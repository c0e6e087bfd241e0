"""Batches of rows sorted by user, in Spark's `mapInArrow`, as batches that cut no user in two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

CHUNK_ROWS = 100_000
KEY = "user_code"


def whole_users(batches: Iterable[pa.RecordBatch], rows: int = CHUNK_ROWS) -> Iterator[pa.RecordBatch]:
    """The rows again, in batches of about `rows` that cut no user in two. Rows are sorted by user_code."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) < rows:
            continue
        joined = _joined(held)
        last = int(np.searchsorted(joined[KEY].to_numpy(), joined[KEY][-1].as_py()))
        if last:
            yield joined.slice(0, last)
        held = [joined.slice(last)]
    if held and (joined := _joined(held)).num_rows:
        yield joined


def users_of(rows: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
    """The user codes of a batch of sorted rows, (n,), and for each row its user's place among them, (rows,)."""
    users = rows[KEY].to_numpy()
    starts = np.flatnonzero(np.r_[True, users[1:] != users[:-1]])
    return users[starts], np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(users)]))


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(batches) if len(batches) > 1 else batches[0]

"""From rows of users, sorted, to one row per user with arrays: plain NumPy over Arrow, for Spark's `mapInArrow`.

Spark collects, sorts and unpacks lists of structs many times slower than arrays are cut here at the users' borders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

CHUNK_ROWS = 100_000
KEY = "user_code"

# (rows of a measure), (starts of the runs) -> one value a run
REDUCTIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "sum": np.add.reduceat,
    "min": np.minimum.reduceat,
    "max": np.maximum.reduceat,
    "bits": np.bitwise_or.reduceat,
}


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


class Users:
    """The users of a batch of sorted rows: `codes` (n,), and for each row its user's place among them."""

    def __init__(self, rows: pa.RecordBatch) -> None:
        users = rows[KEY].to_numpy()
        starts = np.flatnonzero(np.r_[True, users[1:] != users[:-1]])
        self.codes = users[starts]
        self.places = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(users)]))

    def lists(self, places: np.ndarray, values: np.ndarray | pa.Array) -> pa.ListArray:
        """One list per user, from values whose users' places ascend."""
        offsets = np.r_[0, np.cumsum(np.bincount(places, minlength=len(self.codes)))].astype(np.int32)
        return pa.ListArray.from_arrays(offsets, values if isinstance(values, pa.Array) else pa.array(values))

    def first(self, places: np.ndarray, count: int) -> np.ndarray:
        """Which of the rows, whose users' places ascend, are among the first `count` of their user: (rows,) bool."""
        starts = np.r_[0, np.cumsum(np.bincount(places, minlength=len(self.codes)))][:-1]
        return np.arange(len(places)) - starts[places] < count


class Runs:
    """Rows of users gathered by a group: run i is user `places[i]` with group `codes[i]`, both ascending."""

    def __init__(self, places: np.ndarray, codes: np.ndarray) -> None:
        self._order = np.lexsort((codes, places))
        places, codes = places[self._order], codes[self._order]
        self._starts = np.flatnonzero(
            np.r_[True, (places[1:] != places[:-1]) | (codes[1:] != codes[:-1])][: len(codes)]
        )
        self.places, self.codes = places[self._starts], codes[self._starts]

    def reduce(self, how: str, values: np.ndarray) -> np.ndarray:
        return REDUCTIONS[how](values[self._order], self._starts) if len(self._starts) else values[:0]

    def share(self, values: np.ndarray) -> np.ndarray:
        """Of each run's sum in the user's."""
        sums = self.reduce("sum", values).astype(np.float64)
        return sums / np.bincount(self.places, sums)[self.places] if len(sums) else sums

    def due(self, last: np.ndarray, first: np.ndarray, masks: Sequence[np.ndarray]) -> np.ndarray:
        """Age of the last day over the mean interval of the days that are set in the masks; NaN with a single day."""
        newest, oldest = self.reduce("min", last).astype(np.float64), self.reduce("max", first)
        days = sum((np.bitwise_count(self.reduce("bits", mask)).astype(np.float64) for mask in masks), np.zeros(1))
        span = oldest - newest
        return np.divide(newest * (days - 1), span, out=np.full(len(newest), np.nan), where=span > 0)


def numbers(rows: pa.RecordBatch, name: str) -> np.ndarray:
    """A column as numbers; whole ones without nulls stay whole, a null is NaN."""
    return rows[name].to_numpy(zero_copy_only=False)


def floats(values: np.ndarray) -> pa.Array:
    """Float array; NaN is null, for it means a missing value."""
    return pa.array(values.astype(np.float32), from_pandas=True)


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(batches) if len(batches) > 1 else batches[0]

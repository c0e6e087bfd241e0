"""Users with more events than a human can make: bots, click farms, and ids that many share."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

# A checkout stamps a whole basket with one time, a page all that it shows: a minute counts only when it is spread.
SPREAD_SECONDS = 10
MICROS, MINUTE = 1_000_000, 60


def of_bots(users: pa.Array | pa.ChunkedArray, micros: np.ndarray, *, per_minute: int, per_day: int) -> np.ndarray:
    """Whose records come too fast: (records,) true for every record of such a user.

    users: (records,) ids of one day's records. micros: (records,) int64, their times in microseconds since 1970.
    per_minute: most records of a user within a minute of the clock in which at least `SPREAD_SECONDS` seconds have
    some. per_day: most records of a user at all. 0: no limit.
    """
    coded = users.dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):  # of no chunk at all
        return np.zeros(0, bool)
    codes = np.asarray(coded.indices, np.int64)
    records = np.bincount(codes, minlength=len(coded.dictionary))
    is_bot = np.zeros(len(records), bool)
    if per_day:
        is_bot |= records > per_day
    if per_minute:
        fast = np.flatnonzero((records > per_minute)[codes])
        is_bot[_fast(codes[fast], micros[fast] // MICROS, per_minute)] = True
    return is_bot[codes]


def _fast(codes: np.ndarray, seconds: np.ndarray, per_minute: int) -> np.ndarray:
    """The codes of users with a minute of more than `per_minute` records, spread over it; seconds since 1970."""
    if not len(codes):
        return codes
    start = seconds.min() // MINUTE * MINUTE
    span = seconds.max() - start + MINUTE - (seconds.max() - start) % MINUTE
    keys, records = np.unique(codes * span + seconds - start, return_counts=True)
    minutes, place = np.unique(keys // MINUTE, return_inverse=True)
    spread = np.bincount(place) >= SPREAD_SECONDS
    return minutes[spread & (np.bincount(place, weights=records) > per_minute)] * MINUTE // span

"""How much memory of Redis a value takes with its key and life time: counted, so that it is known before loading.

As of Redis 6 and 7 with jemalloc: two entries of 24 bytes, one in the table of keys and one in that of life times, with
their shares of the buckets; the key and the value as strings with a header, each in the allocator's next size.
`make bench-serve` and a test hold this against the server's own count.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

ENTRY = 24
# Each table has a power of two of 8-byte buckets, between one and two for each key.
BUCKETS = 2 * 12
_OBJECT = 16
_EMBEDDED = 44  # up to here a value lies beside its object
_SMALL = 64  # up to here sizes are multiples of 8


def allocated(size: int) -> int:
    """The size class of the allocator: multiples of 8 at first, then four classes to each doubling."""
    if size <= _SMALL:
        return max(8, -(-size // 8) * 8)
    step = 1 << ((size - 1).bit_length() - 3)
    return -(-size // step) * step


def _string(length: int, header: int) -> int:
    return allocated((header if length < 256 else 5 if length < 65_536 else 9) + length + 1)


class _Keys(dict[int, int]):
    """Length of a name -> what its entries and its key, with so many characters before the name, take."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self._before = before

    def __missing__(self, length: int) -> int:
        whole = self._before + length
        size = self[length] = 2 * ENTRY + BUCKETS + _string(whole, 1 if whole < 32 else 3)
        return size


class _Values(dict[int, int]):
    """Length of a value -> what its object takes."""

    def __missing__(self, length: int) -> int:
        embedded = allocated(_OBJECT + 3 + length + 1)
        size = self[length] = embedded if length <= _EMBEDDED else _OBJECT + _string(length, 3)
        return size


_VALUES = _Values()
_keys = lru_cache(_Keys)


def stored_bytes(stem: str, names: Sequence[str], values: Sequence[bytes]) -> int:
    """What the values take under the keys `stem + name`, all of them with a life time."""
    of_keys = _keys(len(stem))
    return sum(map(of_keys.__getitem__, map(len, names))) + sum(map(_VALUES.__getitem__, map(len, values)))

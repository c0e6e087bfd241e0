"""Lists of item codes as values for Redis, some thousand at a time: a million lists are a hundred million items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from predawn.codec import SEPARATOR, codes
from predawn.products import CodedLists

ROWS = 2000  # lists encoded at a time, while Redis works on those before
END = "\n"  # stands for the last separator of a list until they are split


class ItemOrder:
    """The order in which items get their codes in Redis: the most listed first, ties by item code.

    ids: the items in that order; lists: how many lists there are.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Reads the columns item_ids and item_codes, lists of equal length; each item code has one id."""
        self.lists = 0
        counts, ids = np.zeros(0, np.int64), dict[int, str]()
        for batch in batches:
            self.lists += batch.num_rows
            found = batch["item_codes"].flatten().to_numpy()
            seen, first = np.unique(found, return_index=True)
            if len(seen) and seen[-1] >= len(counts):
                counts = np.pad(counts, (0, seen[-1] + 1 - len(counts)))
            counts += np.bincount(found, minlength=len(counts))
            ids.update(zip(seen.tolist(), batch["item_ids"].flatten().take(pa.array(first)).to_pylist(), strict=True))
        order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        self.ids = [ids[code] for code in order.tolist()]
        self._texts = _words(order, len(counts), SEPARATOR)
        self._last_texts = _words(order, len(counts), END)

    def coded(self, batches: Iterable[pa.RecordBatch], owner: str) -> Iterator[CodedLists]:
        """The lists of item_codes in each batch, with the owners' ids in column `owner`."""
        for batch in batches:
            for at in range(0, batch.num_rows, ROWS):
                piece = batch.slice(at, ROWS)
                yield CodedLists(piece[owner].to_pylist(), self._values(piece["item_codes"]))

    def _values(self, lists: pa.ListArray) -> list[bytes]:
        offsets = lists.offsets.to_numpy()
        flat, filled = lists.flatten().to_numpy(), np.flatnonzero(np.diff(offsets))
        ends = offsets[1:][filled] - offsets[0] - 1
        words = self._texts[flat]
        words[ends] = self._last_texts[flat[ends]]
        found = words.tobytes().translate(None, b"\0").split(END.encode())[:-1]
        if len(filled) == len(lists):
            return found
        values = [b""] * len(lists)
        for place, value in zip(filled.tolist(), found, strict=True):
            values[place] = value
        return values


def _words(order: np.ndarray, count: int, end: str) -> np.ndarray:
    """(count,) for each item code its text and `end`, padded with NUL to whole machine words."""
    texts = [(text + end).encode() for text in codes(len(order))[: len(order)]]
    width = 4 if max(map(len, texts), default=0) <= 4 else 8
    words = np.zeros(count, f"S{width}")
    words[order] = texts
    return words.view(np.uint32 if width == 4 else np.uint64)

"""Lists of item codes as values for Redis, a batch at a time in Arrow: a million lists are a hundred million items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predawn.codec import SEPARATOR, codes
from predawn.products import CodedLists


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
        texts = np.empty(len(counts), object)
        texts[order] = codes(len(order))[: len(order)]
        self._texts = pa.array(texts.tolist(), pa.string())

    def coded(self, batches: Iterable[pa.RecordBatch], owner: str) -> Iterator[CodedLists]:
        """The lists of item_codes in each batch, with the owners' ids in column `owner`."""
        for batch in batches:
            lists = batch["item_codes"]
            texts = pa.ListArray.from_arrays(
                pc.subtract(lists.offsets, lists.offsets[0]), self._texts.take(lists.flatten())
            )
            values = pc.binary_join(texts, SEPARATOR).cast(pa.binary())
            yield CodedLists(batch[owner].to_pylist(), values.to_pylist())

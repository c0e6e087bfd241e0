"""From rankings to final lists: all rules in their order, and no list short while the catalogue has something left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from models.rerank import PLACERS, RANKER
from models.rerank.base import Rule
from models.rerank.block import Block
from models.rerank.night import Night
from models.rerank.rows import block_of, list_columns

FILL_MORE = 4  # times as many popular items with each try


class Reranker:
    """The rules of a night. notes: what someone should know of them."""

    def __init__(self, rules: Sequence[Rule[Any]], night: Night) -> None:
        self.rules, self.night = list(rules), night
        self.notes = [note for rule in rules for note in rule.notes]

    def lists(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Grain: user. In: user_id and the columns of `models.rerank.rows.block_of`. Out: user_id, user_code,
        item_ids, item_codes, scores, placed_by: the first `night.n` places.

        A list is as long as that unless nothing in the catalogue is left that the user may see: popular items fill it
        up, and pass through the same rules. Raises RuntimeError when a rule broke its promises.
        """
        parts, done = list[pa.RecordBatch](), list[np.ndarray]()
        left, fill = np.arange(rows.num_rows), 0
        while len(left) or not parts:
            some = rows if len(left) == rows.num_rows else rows.take(pa.array(left))
            block = self._ruled(block_of(some, self.night, fill))
            short = block.counts < self.night.n
            if fill >= self.night.stride:
                short[:] = False
            whole = np.flatnonzero(~short)
            lists = pa.RecordBatch.from_pydict(
                {"user_id": some["user_id"], "user_code": some["user_code"], **list_columns(block, self.night.item_ids)}
            )
            parts.append(lists if len(whole) == len(short) else lists.take(pa.array(whole)))
            done.append(left[whole])
            left, fill = left[short], max(self.night.n, fill * FILL_MORE)
        if len(parts) == 1:
            return parts[0]
        joined = pa.Table.from_batches(parts).combine_chunks()
        return joined.take(pa.array(np.argsort(np.concatenate(done)))).combine_chunks().to_batches()[0]

    def _ruled(self, block: Block) -> Block:
        for rule in self.rules:
            block = rule.apply(block)
        block = block.kept(block.places < self.night.n)
        placed = np.flatnonzero(block.placed != PLACERS.index(RANKER))
        barred = block.barred.holds(block.rows[placed], block.items[placed], block.stride).any()
        if barred or (np.diff(np.sort(block.keys)) == 0).any():
            names = ", ".join(rule.name for rule in self.rules)
            raise RuntimeError(f"the rules {names} made lists with an item {'that is barred' if barred else 'twice'}.")
        return block

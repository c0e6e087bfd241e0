"""Arrow rows of users to blocks of lists, and final lists back to Arrow."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.arrow import ragged_codes
from models.recall.ragged import among, offsets_of
from models.rerank import FILL, PLACERS, RANKER
from models.rerank.block import UNSCORED, Block, History
from models.rerank.night import Night

OWN, TAKEN, SINCE, DISLIKED = "own_codes", "own_taken", "own_since", "own_disliked_"
SHOWN, TIMES = "shown_codes", "shown_times"
PROFILE = "profile_"


def block_of(rows: pa.RecordBatch, night: Night, fill: int) -> Block:
    """Grain: user. In: user_code, item_codes with scores (ranked), `OWN` (codes of items that the user had an event
    with, ascending) with the parallel `TAKEN` (days with a positive event), optionally `SINCE` (days since the last)
    and `DISLIKED`... (negative events, an array for each type), optionally `SHOWN` (ascending) with `TIMES`, and the
    `PROFILE`... codes that campaigns ask for. fill: so many of the most popular items stand behind each list, those
    that are in it already left out.
    """
    offsets, items = ragged_codes(rows["item_codes"])
    counts, scores = np.diff(offsets), _floats(rows, "scores")
    row = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    placed = np.full(len(items), PLACERS.index(RANKER), np.int8)
    if fill:
        popular = night.popular[:fill]
        more = np.repeat(np.arange(len(counts), dtype=np.int64), len(popular))
        codes = np.tile(popular, len(counts))
        missing = ~among(more * night.stride + codes, np.sort(row * night.stride + items))
        more, codes = more[missing], codes[missing]
        order = np.argsort(np.concatenate([row, more]), kind="stable")
        items = np.concatenate([items, codes])[order]
        scores = np.concatenate([scores, np.full(len(codes), UNSCORED)])[order]
        placed = np.concatenate([placed, np.full(len(codes), PLACERS.index(FILL), np.int8)])[order]
        offsets = offsets_of(counts + np.bincount(more, minlength=len(counts)))
    return Block(
        users=rows["user_code"].to_numpy(),
        offsets=offsets,
        items=items,
        scores=scores,
        values=np.nan_to_num(scores),
        placed=placed,
        history=_history(rows, night.stride),
        profile={
            name: rows[name].to_numpy(zero_copy_only=False) for name in rows.schema.names if name.startswith(PROFILE)
        },
        kinds=np.arange(night.stride, dtype=np.int32),
    )


def list_columns(block: Block, item_ids: pa.Array) -> dict[str, pa.Array]:
    """item_ids, item_codes, scores (null where the ranker gave none) and placed_by: a list for each row."""
    at, codes = pa.array(block.offsets.astype(np.int32)), pa.array(block.items)
    columns = {
        "item_ids": item_ids.take(codes),
        "item_codes": codes,
        "scores": pa.array(block.scores, from_pandas=True),
        "placed_by": pa.array(PLACERS).take(pa.array(block.placed)),
    }
    return {name: pa.ListArray.from_arrays(at, values) for name, values in columns.items()}


def _history(rows: pa.RecordBatch, stride: np.int64) -> History:
    names = rows.schema.names
    own, taken = _keys(rows, OWN, stride), _floats(rows, TAKEN) > 0
    disliked = np.zeros(len(own), bool)
    for name in names:
        if name.startswith(DISLIKED):
            disliked |= _floats(rows, name) > 0
    since = _floats(rows, SINCE) if SINCE in names else np.full(len(own), np.nan, np.float32)
    shown = _keys(rows, SHOWN, stride) if SHOWN in names else own[:0]
    return History(own, taken, disliked, since, shown, _floats(rows, TIMES) if SHOWN in names else since[:0])


def _keys(rows: pa.RecordBatch, name: str, stride: np.int64) -> np.ndarray:
    offsets, codes = ragged_codes(rows[name])
    return np.repeat(np.arange(rows.num_rows, dtype=np.int64), np.diff(offsets)) * stride + codes


def _floats(rows: pa.RecordBatch, name: str) -> np.ndarray:
    """The flat float32 values of a list column, NaN for null."""
    values: np.ndarray = rows[name].flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    return values

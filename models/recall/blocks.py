"""Arrow rows of users, with the lists of every channel, to their merged candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.arrow import ragged_codes
from models.recall import FUSED
from models.recall.merge import FusionConfig, merge
from models.types import Lists


def merge_block(rows: pa.RecordBatch, channels: Sequence[str], fusion: FusionConfig | None = None) -> pa.RecordBatch:
    """Grain: user. In: user_code, `<channel>_codes`, `<channel>_scores`. Out: user_code, item_codes (ascending), and
    `<channel>_score`, `<channel>_rank` parallel to it (1 is the best rank; NaN where the channel didn't recall it),
    then fused_score and fused_rank.
    """
    recalled = {channel: lists(rows[f"{channel}_codes"], rows[f"{channel}_scores"]) for channel in channels}
    merged = merge(recalled, fusion)
    offsets = pa.array(merged.offsets.astype(np.int32))
    columns = {"user_code": rows["user_code"], "item_codes": pa.ListArray.from_arrays(offsets, pa.array(merged.items))}
    for channel in channels:
        ranks = merged.ranks[channel].astype(np.float32)
        ranks[ranks == 0] = np.nan
        columns[f"{channel}_score"] = pa.ListArray.from_arrays(offsets, pa.array(merged.scores[channel]))
        columns[f"{channel}_rank"] = pa.ListArray.from_arrays(offsets, pa.array(ranks))
    columns[f"{FUSED}_score"] = pa.ListArray.from_arrays(offsets, pa.array(merged.fused_scores))
    columns[f"{FUSED}_rank"] = pa.ListArray.from_arrays(offsets, pa.array(merged.fused_ranks.astype(np.float32)))
    return pa.RecordBatch.from_pydict(columns)


def lists(codes: pa.Array, scores: pa.Array) -> Lists:
    """The ranked lists that a codes column and a parallel scores column hold, one list a row, none null."""
    offsets, items = ragged_codes(codes)
    return Lists(offsets, items, scores.flatten().to_numpy(zero_copy_only=False).astype(np.float32))

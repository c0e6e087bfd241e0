"""Orders of candidates without a ranker: by one channel, or by the fusion of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.arrow import ragged_codes
from models.recall import FUSED
from models.recall.merge import MAX_RANK

FLATTENING = 60  # of reciprocal rank fusion (`models/recall/merge.py`), so that a channel's own order is on its scale


def fused(rows: pa.RecordBatch) -> np.ndarray:
    """(m,) float64, what merged recall falls by."""
    return rows[f"{FUSED}_score"].flatten().to_numpy(zero_copy_only=False).astype(np.float64)


def channel_ranks(rows: pa.RecordBatch, channels: Sequence[str]) -> np.ndarray:
    """(m, channels) float64 of all candidates of the rows, NaN where a channel didn't recall them."""
    return evidence(rows, [f"{channel}_rank" for channel in channels]).astype(np.float64)


def evidence(rows: pa.RecordBatch, names: Sequence[str]) -> np.ndarray:
    """(m, names) float32 of all candidates of the rows, NaN where nothing is said of one."""
    columns = [rows[name].flatten().to_numpy(zero_copy_only=False) for name in names]
    return np.stack(columns, axis=1).astype(np.float32)


def order_block(rows: pa.RecordBatch, channels: Sequence[str], source: str) -> pa.RecordBatch:
    """Grain: user. In: user_code, item_codes, fused_score, `<channel>_rank`. Out: user_code, item_codes (best first;
    ties by code), scores (no probabilities; above 0, descending).

    source: `FUSED`, or a channel, whose own items stand first and what it didn't recall behind them, by the fusion.
    """
    offsets, codes = ragged_codes(rows["item_codes"])
    scores = fused(rows)
    if source != FUSED:
        ranks = channel_ranks(rows, channels)
        own = 1 / (FLATTENING + ranks[:, list(channels).index(source)])
        behind = scores / (1 + scores) / (FLATTENING + MAX_RANK + 1)
        scores = np.where(np.isnan(own), behind, own)
    scores = scores.astype(np.float32)
    users = np.repeat(np.arange(rows.num_rows), np.diff(offsets))
    order = np.lexsort((codes, -scores, users))
    lists = [pa.ListArray.from_arrays(offsets.astype(np.int32), pa.array(values[order])) for values in (codes, scores)]
    return pa.RecordBatch.from_arrays([rows["user_code"], *lists], names=["user_code", "item_codes", "scores"])

"""Orders of candidates without a ranker: by one channel, or by the fusion of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.arrow import ragged_codes
from models.recall.merge import MAX_RANK

FUSED = "fused"
FLATTENING = 60  # of Cormack, Clarke, Büttcher, SIGIR 2009, DOI 10.1145/1571941.1572114


def fused_scores(ranks: np.ndarray) -> np.ndarray:
    """(m,) float64: reciprocal rank fusion, the sum of 1 / (60 + rank). ranks: (m, channels), NaN: not recalled."""
    return np.nansum(1 / (FLATTENING + ranks), axis=1)


def fused(rows: pa.RecordBatch, ranks: np.ndarray) -> np.ndarray:
    """(m,) what merged recall falls by: the candidates' own `fused_score` where they bring one."""
    if f"{FUSED}_score" in rows.schema.names:
        return rows[f"{FUSED}_score"].flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return fused_scores(ranks)


def channel_ranks(rows: pa.RecordBatch, channels: Sequence[str]) -> np.ndarray:
    """(m, channels) float64 of all candidates of the rows, NaN where a channel didn't recall them."""
    columns = [rows[f"{channel}_rank"].flatten().to_numpy(zero_copy_only=False) for channel in channels]
    return np.stack(columns, axis=1).astype(np.float64)


def order_block(rows: pa.RecordBatch, channels: Sequence[str], source: str) -> pa.RecordBatch:
    """Grain: user. In: user_code, item_codes, `<channel>_rank`. Out: user_code, item_codes (best first; ties by code),
    scores (no probabilities; above 0, descending).

    source: `FUSED`, or a channel, whose own items stand first and what it didn't recall behind them, by the fusion.
    """
    offsets, codes = ragged_codes(rows["item_codes"])
    ranks = channel_ranks(rows, channels)
    scores = fused(rows, ranks)
    if source != FUSED:
        own = 1 / (FLATTENING + ranks[:, list(channels).index(source)])
        behind = scores / (1 + scores) / (FLATTENING + MAX_RANK + 1)
        scores = np.where(np.isnan(own), behind, own)
    scores = scores.astype(np.float32)
    users = np.repeat(np.arange(rows.num_rows), np.diff(offsets))
    order = np.lexsort((codes, -scores, users))
    lists = [pa.ListArray.from_arrays(offsets.astype(np.int32), pa.array(values[order])) for values in (codes, scores)]
    return pa.RecordBatch.from_arrays([rows["user_code"], *lists], names=["user_code", "item_codes", "scores"])

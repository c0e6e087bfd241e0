"""Orders of candidates by what recall says of them alone: one channel, the fusion of all, or the coarse ranker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.special import expit

from models.arrow import ragged_codes
from models.rank.coarse import Coarse
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


def order_block(
    rows: pa.RecordBatch, channels: Sequence[str], source: str, coarse: Coarse | None = None
) -> pa.RecordBatch:
    """Grain: user. In: user_code, item_codes, fused_score, `<channel>_rank`, the names of `coarse`. Out: user_code,
    item_codes (best first; ties by code), scores (above 0, descending; probabilities by `coarse` alone).

    source: `FUSED`, or a channel, whose own items stand first and what it didn't recall behind them, by the fusion.
    coarse: orders them instead.
    """
    offsets, codes = ragged_codes(rows["item_codes"])
    scores = fused(rows)
    if coarse is not None:
        scores = expit(coarse.scores(evidence(rows, coarse.names)))
    elif source != FUSED:
        ranks = channel_ranks(rows, channels)
        own = 1 / (FLATTENING + ranks[:, list(channels).index(source)])
        behind = scores / (1 + scores) / (FLATTENING + MAX_RANK + 1)
        scores = np.where(np.isnan(own), behind, own)
    scores = scores.astype(np.float32)
    users = np.repeat(np.arange(rows.num_rows), np.diff(offsets))
    order = np.lexsort((codes, -scores, users))
    lists = [pa.ListArray.from_arrays(offsets.astype(np.int32), pa.array(values[order])) for values in (codes, scores)]
    return pa.RecordBatch.from_arrays([rows["user_code"], *lists], names=["user_code", "item_codes", "scores"])

"""Arrow rows of users, with their list and the truth, to their metrics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.arrow import ragged_codes
from models.evaluate.metrics import Truth, per_user
from models.types import Lists


def metric_names(ks: Sequence[int]) -> list[str]:
    return [f"{metric}_at_{k}" for metric in ("ndcg", "recall", "hit_rate") for k in ks]


def replay_block(rows: pa.RecordBatch, ks: Sequence[int]) -> pa.RecordBatch:
    """Grain: row (a user and a source). In: source, truth_codes (-1: an unknown item), item_codes (null: no list).

    Out: source, then `metric_names(ks)`, each in [0, 1]; a row without list scores 0.
    """
    truth = Truth(*ragged_codes(rows["truth_codes"]))
    offsets, items = ragged_codes(rows["item_codes"])
    judged = per_user(truth, Lists(offsets, items, np.zeros(len(items), np.float32)), ks)
    names = metric_names(ks)
    columns = [rows["source"], *(pa.array(judged[name]) for name in names)]
    return pa.RecordBatch.from_arrays(columns, names=["source", *names])

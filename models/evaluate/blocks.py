"""Arrow rows of users, with their list and the truth, to their metrics."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from models.evaluate.metrics import per_user


def metric_names(ks: Sequence[int]) -> list[str]:
    return [f"{metric}_at_{k}" for metric in ("ndcg", "recall", "hit_rate") for k in ks]


def replay_block(rows: pa.RecordBatch, ks: Sequence[int]) -> pa.RecordBatch:
    """Grain: row (a user and a source). In: source, truth_codes (-1: an unknown item), item_codes (null: no list).

    Out: source, then `metric_names(ks)`, each in [0, 1]; a row without list scores 0.
    """
    shown, truth = (
        column.fill_null([]) if column.null_count else column for column in (rows["item_codes"], rows["truth_codes"])
    )
    judged = per_user(_unscored(truth), _unscored(shown), ks)
    names = metric_names(ks)
    return pa.RecordBatch.from_arrays(
        [rows["source"], *(pa.array(judged[name]) for name in names)], names=["source", *names]
    )

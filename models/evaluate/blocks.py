"""Arrow rows of users, with their list and the truth, to their metrics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.arrow import ragged, ragged_codes
from models.evaluate.metrics import Truth, metric_names, per_user
from models.types import Lists


def coded_lists(rows: pa.RecordBatch, known: pa.Array) -> pa.RecordBatch:
    """Grain: user with a list. In: user_id, item_ids (no null list). Out: user_id, item_codes.

    known: item ids in the order of their codes. An item that isn't among them gets a code of its own above theirs: it
    keeps its place in the list, is never hit, and is nobody else's.
    """
    offsets, items = ragged(rows["item_ids"])
    codes = pc.index_in(items, value_set=known).to_numpy(zero_copy_only=False)
    strange = np.isnan(codes)
    codes = np.where(strange, len(known) + np.arange(len(codes)), codes).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(codes))
    return pa.RecordBatch.from_arrays([rows["user_id"], lists], names=["user_id", "item_codes"])


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

"""The last step to a list: what a user must not see goes, the best n stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

BANNED = "banned_codes"


def top_n(rows: pa.RecordBatch, *, n: int, item_ids: Sequence[str] | pa.Array) -> pa.RecordBatch:
    """Grain: user. In: user_code, user_id, item_codes (ranked), scores, `BANNED` (codes to leave out, any order).

    item_ids: the id of each item code. Out: user_id, user_code, item_ids, item_codes, scores, at most n each.
    """
    lengths = rows["item_codes"].value_lengths().to_numpy(zero_copy_only=False)
    users = np.repeat(np.arange(rows.num_rows, dtype=np.int64), lengths)
    codes = rows["item_codes"].flatten().to_numpy(zero_copy_only=False)
    banned = rows[BANNED].flatten().to_numpy(zero_copy_only=False)
    banned_users = np.repeat(
        np.arange(rows.num_rows, dtype=np.int64), rows[BANNED].value_lengths().to_numpy(zero_copy_only=False)
    )
    stride = len(item_ids)
    allowed = ~np.isin(users * stride + codes, banned_users * stride + banned)
    before = np.concatenate([[0], np.cumsum(allowed)])
    starts = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    keep = allowed & (before[:-1] - before[starts[users]] < n)
    offsets = pa.array(
        np.concatenate([[0], np.cumsum(np.bincount(users[keep], minlength=rows.num_rows))]).astype(np.int32)
    )
    kept = pa.array(codes[keep].astype(np.int32))
    scores = rows["scores"].flatten().filter(pa.array(keep))
    ids = pa.array(item_ids).take(kept)
    lists = {
        name: pa.ListArray.from_arrays(offsets, values)
        for name, values in (("item_ids", ids), ("item_codes", kept), ("scores", scores))
    }
    return pa.RecordBatch.from_pydict({"user_id": rows["user_id"], "user_code": rows["user_code"], **lists})

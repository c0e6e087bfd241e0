"""rank_popular: the list that users without one of their own are given."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from jobs.interactions import read_interactions
from jobs.runtime.context import Context
from models.recall.popular import popular_items


def run(ctx: Context) -> None:
    settings = ctx.config.get("recall.popular")
    codes, scores = popular_items(read_interactions(ctx), settings.half_life_days, ctx.config.topn.n)
    ids = ctx.read_arrow("item_features", ["item_code", "item_id"]).sort_by("item_code")["item_id"]
    rows = {
        "ds": pa.array([ctx.ds] * len(codes)),
        "rank": np.arange(1, len(codes) + 1, dtype=np.int32),
        "item_id": ids.take(pa.array(codes)),
        "item_code": codes,
        "score": scores,
    }
    ctx.write_arrow("popular_items", [pa.table(rows)])

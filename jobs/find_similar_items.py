"""find_similar_items: for each item, those that the same users take."""

import numpy as np
import pyarrow as pa

from jobs.interactions import read_interactions
from jobs.item_lists import item_ids, list_rows
from jobs.runtime.context import Context
from models.products.similar import similar_items


def run(ctx: Context) -> None:
    ids = item_ids(ctx)
    lists = similar_items(read_interactions(ctx), ctx.config.get("recall.item_cf"), ctx.config.get("products.similar"))
    owners = {"item_code": pa.array(np.arange(len(ids), dtype=np.int32)), "item_id": ids}
    ctx.write_arrow("similar_items", [list_rows(ctx, owners, lists, ids)])

"""find_bought_together: for each item, those that users take on the same day."""

import numpy as np
import pyarrow as pa

from jobs.interactions import read_interactions
from jobs.item_lists import item_ids, list_rows
from jobs.runtime.context import Context
from models.products.together import bought_together


def run(ctx: Context) -> None:
    ids = item_ids(ctx)
    lists = bought_together(read_interactions(ctx), ctx.config.get("products.together"))
    owners = {"item_code": pa.array(np.arange(len(ids), dtype=np.int32)), "item_id": ids}
    ctx.write_arrow("bought_together", [list_rows(ctx, owners, lists, ids)])

"""The interactions of a day as the arrays that recall learns from."""

from __future__ import annotations

import numpy as np

from jobs.runtime.context import Context
from models.types import Interactions


def read_interactions(ctx: Context) -> Interactions:
    """Read in this process: implicit learns on one machine. 100M rows are 1.2 GB here."""
    table = ctx.read_arrow("interactions", ["user_code", "item_code", "age", "weight"])
    users, items, ages, weights = (table[name].to_numpy() for name in table.column_names)
    order = np.lexsort((ages, items, users))
    shape = (_rows(ctx, "user_features", "user_code"), _rows(ctx, "item_features", "item_code"))
    return Interactions(users[order], items[order], ages[order].astype(np.int16), weights[order], shape)


def _rows(ctx: Context, table: str, column: str) -> int:
    return ctx.read_arrow(table, [column]).num_rows

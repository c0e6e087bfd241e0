"""Ragged lists of item codes as rows of a table, with ids beside the codes, for the products that list items."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from jobs.runtime.context import Context
from models.arrow import ragged_codes
from models.types import Lists


def item_ids(ctx: Context) -> pa.Array:
    """(items,) the id of each item code."""
    table = ctx.read_arrow("item_features", ["item_code", "item_id"]).sort_by("item_code")
    return table["item_id"].combine_chunks()


def list_rows(ctx: Context, owners: Mapping[str, pa.Array], lists: Lists, ids: pa.Array) -> pa.Table:
    """One row for each list that isn't empty: ds, the owners' columns (one element a list), item_ids, item_codes,
    scores."""
    counts = np.diff(lists.offsets)
    filled = np.flatnonzero(counts)
    # Empty lists take no room, so the offsets of the others are the same without them.
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts[filled])]).astype(np.int32))
    codes = pa.array(lists.items)
    columns = {"item_ids": ids.take(codes), "item_codes": codes, "scores": pa.array(lists.scores)}
    return pa.table(
        {
            "ds": pa.array([ctx.ds] * len(filled), pa.string()),
            **{name: values.take(pa.array(filled)) for name, values in owners.items()},
            **{name: pa.ListArray.from_arrays(offsets, values) for name, values in columns.items()},
        }
    )


def read_item_lists(ctx: Context, table: str) -> Lists:
    """The lists of an i2i table, one for every item code of the day; those that it lacks are empty."""
    rows = ctx.read_arrow(table, ["item_code", "item_codes", "scores"]).sort_by("item_code").combine_chunks()
    counts = np.zeros(ctx.read_arrow("item_features", ["item_code"]).num_rows, np.int64)
    codes, scores = (rows[name].combine_chunks() for name in ("item_codes", "scores"))
    offsets, items = ragged_codes(codes)
    counts[rows["item_code"].to_numpy()] = np.diff(offsets)
    flat = scores.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    return Lists(np.concatenate([[0], np.cumsum(counts)]), items, flat)

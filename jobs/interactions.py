"""The interactions of a day as the arrays that recall learns from, and what else is known of items and users."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.specs import GROUPS
from jobs.runtime.context import Context
from models.types import Catalogue, Interactions

UNKNOWN = -1


def read_interactions(ctx: Context) -> Interactions:
    """Read in this process: implicit learns on one machine. 100M rows are 1.8 GB here."""
    table = ctx.read_arrow("interactions", ["user_code", "item_code", "age", "hours", "weight"])
    users, items, ages, hours, weights = (table[name].to_numpy() for name in table.column_names)
    order = np.lexsort((ages, items, users))
    shape = (_rows(ctx, "user_features", "user_code"), _rows(ctx, "item_features", "item_code"))
    return Interactions(users[order], items[order], ages[order].astype(np.int16), hours[order], weights[order], shape)


def read_catalogue(ctx: Context, needs: Collection[str]) -> Catalogue:
    """The fields of `Catalogue` that are needed, as far as the data set says them; the others are not read."""
    facts = ctx.config.facts
    rate = f"{facts.with_role('positive')[0]}_rate_28d"
    columns = {
        "groups": {f"{group}_code": group for group in GROUPS if group in facts.groups},
        "prices": {"price": "prices"} if facts.price else {},
        "ages": {"age_days": "ages"} if facts.created else {},
        "rates": {rate: "rates"} if rate in ctx.contract("item_features").names else {},
        "names": {"item_id": "names"},
    }
    of_items = _coded(ctx, "item_features", "item_code", [name for need in needs for name in columns.get(need, ())])
    categories = [name for name in facts.profile if name not in facts.numbers] if "segments" in needs else []
    of_users = _coded(ctx, "user_features", "user_code", [f"profile_{name}" for name in categories])
    known = {names[column]: of_items[column] for names in columns.values() for column in names if column in of_items}
    return Catalogue(
        groups={group: _codes(known[group]) for group in GROUPS if group in known},
        names=_names(ctx, known["names"]) if "names" in known else None,
        prices=_floats(known["prices"]) if "prices" in known else None,
        ages=_codes(known["ages"]) if "ages" in known else None,
        rates=_floats(known["rates"]) if "rates" in known else None,
        segments={name: _codes(of_users[f"profile_{name}"]) for name in categories},
    )


def _coded(ctx: Context, table: str, code: str, columns: list[str]) -> dict[str, pa.ChunkedArray]:
    """Columns of a directory in the order of its codes."""
    if not columns:
        return {}
    rows = ctx.read_arrow(table, [code, *columns]).sort_by(code)
    return {name: rows[name] for name in columns}


def _codes(values: pa.ChunkedArray) -> np.ndarray:
    return values.cast(pa.int32()).fill_null(UNKNOWN).to_numpy()


def _floats(values: pa.ChunkedArray) -> np.ndarray:
    return values.cast(pa.float32()).to_numpy()


def _names(ctx: Context, ids: pa.ChunkedArray) -> np.ndarray:
    """(items,) of text or None: the catalogue's names of some ids."""
    items = ctx.read_arrow("items", ["item_id", "name"])
    return items["name"].take(pc.index_in(ids, value_set=items["item_id"])).to_numpy()


def _rows(ctx: Context, table: str, column: str) -> int:
    return ctx.read_arrow(table, [column]).num_rows

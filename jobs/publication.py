"""A night's tables as what the publisher streams to Redis."""

from __future__ import annotations

import hashlib

from jobs.coded_lists import ItemOrder
from jobs.runtime.context import Context
from predawn.products import Products

LISTS = ("topn", "popular_items")
GATES = ("gates", "feature_gates")


def version_of(ctx: Context) -> str:
    """Equal lists are the same version, however often they are built."""
    digests = [ctx.digest(table) for table in LISTS]
    return f"{ctx.ds}.{hashlib.blake2b(''.join(digests).encode(), digest_size=4).hexdigest()}"


def products_of(ctx: Context) -> Products:
    """Streams the users' lists, encoded in Arrow."""
    popular = ctx.read_arrow("popular_items", ["rank", "item_id"]).sort_by("rank")["item_id"].to_pylist()
    order = ItemOrder(ctx.iter_arrow("topn", ["item_ids", "item_codes"]))
    lists = order.coded(ctx.iter_arrow("topn", ["user_id", "item_codes"]), "user_id")
    return Products(lists, popular, items=order.ids, expected=order.lists)


def gate_of(ctx: Context) -> str:
    """What let the lists pass, for `predawn status`. Raises unless the gates opened for what was measured last."""
    for table in GATES:
        ctx.digest(table)
    rows = [row for table in GATES for row in ctx.read_arrow(table, ["gate", "table_name"]).to_pylist()]
    accepted = sorted({f"{row['gate']} of {row['table_name']}" for row in rows})
    return f"passed, but for {', '.join(accepted)}, which was accepted" if accepted else "passed"

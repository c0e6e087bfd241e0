"""Items that nobody may be shown: what lists that belong to no user leave out."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.specs import GROUPS
from jobs.runtime.context import Context

UNAVAILABLE, BANS = "unavailable", "bans"


def hidden_items(ctx: Context) -> frozenset[str]:
    """Ids of items that can't be had, or that a campaign bans for everyone, as far as rules mind that."""
    rules, hidden = ctx.config.get("rerank.rules"), set[str]()
    bans: list[dict[str, str]] = []
    if BANS in rules:
        rows = ctx.read_arrow("campaigns", ["action", "target", "value", "segment"]).to_pylist()
        bans = [row for row in rows if row["action"] == "ban" and row["segment"] is None]
        hidden |= {ban["value"] for ban in bans if ban["target"] == "item_id"}
    items = ctx.read_arrow("items", ["item_id", *GROUPS, "available"])
    if UNAVAILABLE in rules:
        hidden |= set(items.filter(pc.equal(items["available"], False))["item_id"].to_pylist())
    for group in GROUPS:
        if banned := [ban["value"] for ban in bans if ban["target"] == group]:
            hidden |= set(items.filter(pc.is_in(items[group], pa.array(banned)))["item_id"].to_pylist())
    return frozenset(hidden)

"""rank_popular: what users without a list of their own are given: the shared list that the newest proof found best."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.proof import UNPROVEN_SHARED, verdict_of
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    verdict = verdict_of(ctx)
    if verdict:
        ctx.say(f"list for strangers of {ctx.ds}: {verdict.shared_why}")
    source = verdict.shared if verdict else UNPROVEN_SHARED
    lists = ctx.read_arrow("shared_items", ["source", "rank", "item_code", "score"])
    chosen = lists.filter(pc.equal(lists["source"], source)).sort_by("rank")
    ids = ctx.read_arrow("item_features", ["item_code", "item_id"]).sort_by("item_code")["item_id"]
    rows = {
        "ds": pa.array([ctx.ds] * len(chosen)),
        "rank": chosen["rank"],
        "item_id": ids.take(chosen["item_code"]),
        "item_code": chosen["item_code"],
        "score": chosen["score"],
    }
    ctx.write_arrow("popular_items", [pa.table(rows)])

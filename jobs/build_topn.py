"""build_topn: rankings to the final lists, in the source's ids, without what a user must not see."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from models.rerank.final import BANNED, top_n


def run(ctx: Context) -> None:
    data, n = ctx.config.data, ctx.config.topn.n
    unwanted = [f"{kind}_count_history" for kind in data.events.with_role("negative")]
    banned = ctx.read("behaviour_features").select(
        "user_code",
        F.expr(_banned_sql([*unwanted, *([] if data.repeats else ["positive_days"])])).alias(BANNED),
    )
    users = ctx.read("user_features").select("user_code", "user_id")
    rows = ctx.read("rankings").drop("ds").join(users, "user_code").join(banned, "user_code")
    ids = ctx.read_arrow("item_features", ["item_code", "item_id"]).sort_by("item_code")["item_id"].combine_chunks()
    item_ids = ctx.spark.sparkContext.broadcast(ids)

    def cut(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (top_n(batch, n=n, item_ids=item_ids.value) for batch in batches)

    contract = ctx.contract("topn")
    lists = rows.mapInArrow(cut, ddl(contract, without=["ds"])).where(F.size("item_ids") > 0)
    ctx.write("topn", lists.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))


def _banned_sql(counts: list[str]) -> str:
    """Codes of a user's items for which any of these counts is above 0."""
    if not counts:
        return "cast(array() AS array<int>)"
    above = " OR ".join(f"element_at({name}, i + 1) > 0" for name in counts)
    return f"filter(item_codes, (code, i) -> {above})"

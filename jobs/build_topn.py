"""build_topn: rankings through the rules to the final lists, in the source's ids; none is short without need."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.rerank_inputs import reranker_of, user_rows
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl


def run(ctx: Context) -> None:
    reranker = reranker_of(ctx)
    for note in reranker.notes:
        ctx.say(note)
    shared = ctx.spark.sparkContext.broadcast(reranker)

    def rerank(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (shared.value.lists(rows) for rows in batches)

    contract = ctx.contract("topn")
    lists = user_rows(ctx).mapInArrow(rerank, ddl(contract, without=["ds"])).where(F.size("item_ids") > 0)
    ctx.write("topn", lists.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

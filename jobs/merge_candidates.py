"""merge_candidates: what the channels recalled, one set per user, with the score and rank of each and of all fused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.graph import recall_table
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from models.recall.blocks import merge_block


def run(ctx: Context) -> None:
    channels, fusion = ctx.config.get("recall.channels"), ctx.config.get("recall.fusion")
    frames = [
        ctx.read(recall_table(channel)).selectExpr(
            "user_code", f"item_codes AS {channel}_codes", f"scores AS {channel}_scores"
        )
        for channel in channels
    ]
    rows = reduce(lambda left, right: left.join(right, "user_code"), frames)

    def merge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (merge_block(batch, channels, fusion) for batch in batches)

    contract = ctx.contract("candidates")
    merged = rows.mapInArrow(merge, ddl(contract, without=["ds"]))
    ctx.write("candidates", merged.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

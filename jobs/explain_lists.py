"""explain_lists: for the first places of every user's list, the channel behind the item and what it follows from."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.item_lists import item_ids, read_item_lists
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from models.products.reasons import explain_block


def run(ctx: Context) -> None:
    channels, places = ctx.config.get("recall.channels"), ctx.config.get("products.reasons.places")
    known = ctx.spark.sparkContext.broadcast((read_item_lists(ctx, "similar_items"), item_ids(ctx)))
    candidates = ctx.read("candidates").selectExpr(
        "user_code", "item_codes AS candidate_codes", *(f"{channel}_rank" for channel in channels)
    )
    own = ctx.read("behaviour_features").selectExpr("user_code", "item_codes AS own_codes", "positive_days AS own_days")
    lists = ctx.read("topn").select("user_id", "user_code", "item_codes", "scores", "placed_by")

    def explain(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        similar, ids = known.value
        for rows in batches:
            yield explain_block(rows, channels=channels, similar=similar, item_ids=ids, places=places)

    contract = ctx.contract("reasons")
    rows = lists.join(candidates, "user_code").join(own, "user_code")
    reasons = rows.mapInArrow(explain, ddl(contract, without=["ds"]))
    ctx.write("reasons", reasons.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

"""list_history: what each user took last, with days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.item_lists import item_ids
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from models.products.history import history_block


def run(ctx: Context) -> None:
    as_of, last = dt.date.fromisoformat(ctx.ds), ctx.config.get("products.history.items")
    ids = ctx.spark.sparkContext.broadcast(item_ids(ctx))
    users = ctx.read("user_features").select("user_code", "user_id")
    own = ctx.read("behaviour_features").select("user_code", "item_codes", "days_since_last", "positive_days")

    def cut(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (history_block(rows, as_of=as_of, item_ids=ids.value, last=last) for rows in batches)

    contract = ctx.contract("user_history")
    rows = users.join(own, "user_code").mapInArrow(cut, ddl(contract, without=["ds"])).where(F.size("item_ids") > 0)
    ctx.write("user_history", rows.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

"""list_history: what each user took last, with days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.item_lists import item_ids
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from models.products.history import day_starts, history_block


def run(ctx: Context) -> None:
    as_of, last = dt.date.fromisoformat(ctx.ds), ctx.config.get("products.history.items")
    ages = reversed(range(ctx.config.windows.history_days))
    days = [str(day) for age in ages if (day := as_of - dt.timedelta(age)) >= ctx.config.first_day]
    starts = day_starts(days, ctx.config.data.time_zone)
    ids = ctx.spark.sparkContext.broadcast(item_ids(ctx))
    users = ctx.read("user_features").select("user_code", "user_id")
    names = ("item_codes", "positive_days", "last_item_codes", "last_item_times")
    own = ctx.read("behaviour_features").select("user_code", *names)

    def cut(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in batches:
            yield history_block(rows, days=days, starts=starts, item_ids=ids.value, last=last)

    contract = ctx.contract("user_history")
    rows = users.join(own, "user_code").mapInArrow(cut, ddl(contract, without=["ds"])).where(F.size("item_ids") > 0)
    ctx.write("user_history", rows.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

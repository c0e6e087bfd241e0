"""replay_lists: the lists of the day before, judged by what happened on the day; each channel alone beside them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.daily import happened
from features.labels import build_truth
from jobs.graph import recall_table
from jobs.runtime.context import Context
from jobs.runtime.spark import spark_schema
from models.evaluate.blocks import metric_names, replay_block

LISTS = "topn"


def run(ctx: Context) -> None:
    if not ctx.inputs(LISTS):
        ctx.say(f"no lists stand for the day before {ctx.ds}, so there is nothing to replay.")
        ctx.write("replay_metrics", ctx.spark.createDataFrame([], spark_schema(ctx.contract("replay_metrics"))))
        return
    data, ks = ctx.config.data, ctx.config.replay.ks
    truth = build_truth(
        happened(ctx.read("user_item_daily"), ctx.ds, ctx.ds),
        ctx.read("user_features").select("user_id", "user_code"),
        ctx.read("item_features").select("item_id", "item_code"),
        None if data.repeats else ctx.read("behaviour_features"),
        positive=data.events.with_role("positive"),
    ).persist()
    sources = {LISTS: LISTS} | {
        c: recall_table(c) for c in ctx.config.get("recall.channels") if ctx.inputs(recall_table(c))
    }
    lists = reduce(
        DataFrame.unionByName,
        [
            ctx.read(table).select(F.lit(name).alias("source"), "user_code", "item_codes")
            for name, table in sources.items()
        ],
    ).persist()
    rows = (
        ctx.spark.createDataFrame([(name,) for name in sources], "source string")
        .crossJoin(truth)
        .join(lists, ["source", "user_code"], "left")
    )

    def judge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (replay_block(batch, ks) for batch in batches)

    names = metric_names(ks)
    judged = rows.mapInArrow(judge, ", ".join(["source string", *(f"{name} double" for name in names)]))
    # A mean of decimals is the same in whatever order the rows arrive.
    means = judged.groupBy("source").agg(
        F.count(F.lit(1)).alias("users"),
        *((F.sum(F.col(name).cast("decimal(28,12)")).cast("double") / F.count(F.lit(1))).alias(name) for name in names),
    )
    catalogue = ctx.read("item_features").count()
    covered = [f"coverage_at_{k}" for k in ks]
    best = (
        lists.select("source", F.posexplode(F.slice("item_codes", 1, max(ks))).alias("place", "item"))
        .groupBy("source", "item")
        .agg(F.min("place").alias("place"))
    )
    shares = (F.count_if(F.col("place") < k) / catalogue for k in ks)
    coverage = best.groupBy("source").agg(*(share.alias(name) for share, name in zip(shares, covered, strict=True)))
    # A channel that recalled nothing covers nothing; its zeros are reported, not left out.
    judged_and_covered = means.join(coverage, "source", "left").fillna(0.0, covered)
    metrics = judged_and_covered.unpivot(["source", "users"], [*names, *covered], "metric", "value")
    ctx.write("replay_metrics", metrics.select(F.lit(ctx.ds).alias("ds"), "source", "metric", "value", "users"))
    truth.unpersist()
    lists.unpersist()

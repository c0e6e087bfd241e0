"""build_impressions: what was shown in the label window, as known before it, with what became of it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from features.daily import happened
from features.impressions import impressions, target
from jobs.ranking_inputs import items, known_rows, static_inputs
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from models.clicks.blocks import impression_block, views_of, with_unknown


def run(ctx: Context) -> None:
    facts, settings, inputs = ctx.config.facts, ctx.config.get("clicks"), static_inputs(ctx.config.facts)
    shown = impressions(
        happened(ctx.read("outcomes"), ctx.inputs("outcomes")[0], ctx.ds),
        ctx.read("user_features").select("user_id", "user_code"),
        ctx.read("item_features").select("item_id", "item_code"),
        label=target(
            settings.target.parts(facts.with_role("positive")),
            dwell=settings.target.dwell,
            dwell_seconds=settings.target.dwell_seconds,
        ),
        negatives=settings.negatives,
        seed=settings.seed,
        facts=facts,
    )
    views = views_of(ctx.read_arrow("context_features", ctx.contract("context_features").names), facts)
    known = ctx.spark.sparkContext.broadcast((with_unknown(items(ctx, inputs)), views))

    def sample(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in batches:
            yield impression_block(rows, inputs, *known.value, facts)

    contract = ctx.contract("impressions")
    rows = known_rows(ctx, inputs).join(ctx.read("user_context_features").drop("ds"), "user_code")
    rows = shown.join(rows, "user_code", "left").withColumn("candidate_codes", F.array().cast("array<int>"))
    samples = rows.mapInArrow(sample, ddl(contract, without=["ds"]))
    ctx.write("impressions", samples.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

"""build_samples: what was shown or proposed, as known before the label window, with what happened in the window."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from features.daily import happened, with_exposures
from features.labels import build_labels
from jobs.ranking_inputs import in_order, items, ranker_inputs, user_tables
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from jobs.runtime.user_rows import beside
from models.rank.blocks import labelled_pairs, sample_block


def run(ctx: Context) -> None:
    log, settings, inputs = ctx.config.data.events, ctx.config.samples, ranker_inputs(ctx)
    negatives, seed = settings.negatives_per_user, settings.seed
    daily = with_exposures(ctx.read("user_item_daily"), ctx.read("exposures_daily"))
    labels = build_labels(
        happened(daily, ctx.inputs("user_item_daily")[0], ctx.ds),
        ctx.read("user_features").select("user_id", "user_code"),
        ctx.read("item_features").select("item_id", "item_code"),
        positive=log.with_role("positive"),
        exposure=log.with_role("exposure"),
    )
    catalogue, tables = ctx.spark.sparkContext.broadcast(items(ctx, inputs)), user_tables(ctx, inputs)

    def sample(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in beside(batches, tables):
            yield sample_block(rows, inputs, catalogue.value, labelled_pairs(rows, negatives=negatives, seed=seed))

    contract = ctx.contract("samples")
    samples = in_order(ctx, labels).mapInArrow(sample, ddl(contract, without=["ds"]))
    ctx.write("samples", samples.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

"""rank_candidates: every user's candidates in the ranker's order, or in the one that beat it in the newest proof."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.proof import trained_ranker, verdict_of
from jobs.ranking_inputs import in_order, items, ranker_inputs, user_tables
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from jobs.runtime.user_rows import beside
from jobs.tables.lists import kept_features
from models.evaluate.orders import order_block
from models.rank import RANKERS, load_ranker
from models.rank.blocks import rank_block
from models.rank.coarse import COARSE, Coarse


def run(ctx: Context) -> None:
    verdict, contract = verdict_of(ctx), ctx.contract("rankings")
    ctx.say(
        f"lists of {ctx.ds}: {verdict.why if verdict else 'by the configured ranker, of which there is no proof yet'}"
    )
    replaced = verdict.published if verdict and verdict.published not in RANKERS else None
    rankings = _ordered(ctx, replaced) if replaced else _ranked(ctx)
    ctx.write("rankings", rankings.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))


def _ranked(ctx: Context) -> DataFrame:
    """By the ranker's probability, a block of users in one call."""
    inputs, folder, kind = ranker_inputs(ctx), ctx.folder("ranker"), trained_ranker(ctx)
    names = kept_features(ctx.contract("samples"), ctx.config.get("rank.drop"))
    catalogue, tables = ctx.spark.sparkContext.broadcast(items(ctx, inputs)), user_tables(ctx, inputs)

    def rank(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        ranker, coarse = load_ranker(kind).load(folder), Coarse.load(folder / COARSE)
        for rows in beside(batches, tables):
            yield rank_block(rows, inputs, catalogue.value, ranker, names, coarse)

    ranked = in_order(ctx).mapInArrow(rank, ddl(ctx.contract("rankings"), without=["ds"]))
    return ranked.where(F.size("item_codes") > 0)


def _ordered(ctx: Context, source: str) -> DataFrame:
    """By merged recall, by the coarse ranker, or by one channel."""
    channels, folder = tuple(ctx.config.get("recall.channels")), ctx.folder("ranker")

    def order(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        coarse = Coarse.load(folder / COARSE) if source == COARSE else None
        return (order_block(rows, channels, source, coarse) for rows in batches)

    rows = ctx.read("candidates").where(F.size("item_codes") > 0)
    return rows.drop("ds").mapInArrow(order, ddl(ctx.contract("rankings"), without=["ds"]))

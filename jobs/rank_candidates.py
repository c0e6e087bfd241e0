"""rank_candidates: every user's candidates by the ranker's probability, a block of users in one call."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.ranking_inputs import items, ranker_inputs, user_rows
from jobs.runtime.context import Context
from jobs.runtime.spark import ddl
from jobs.tables.lists import kept_features
from models.rank import load_ranker
from models.rank.blocks import rank_block
from models.rank.coarse import COARSE, Coarse


def run(ctx: Context) -> None:
    inputs, folder, kind = ranker_inputs(ctx), ctx.folder("ranker"), ctx.config.get("rank.ranker")
    names = kept_features(ctx.contract("samples"), ctx.config.get("rank.drop"))
    catalogue = ctx.spark.sparkContext.broadcast(items(ctx, inputs))

    def rank(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        ranker, coarse = load_ranker(kind).load(folder), Coarse.load(folder / COARSE)
        for rows in batches:
            yield rank_block(rows, inputs, catalogue.value, ranker, names, coarse)

    contract = ctx.contract("rankings")
    rankings = (
        user_rows(ctx, inputs).where(F.size("candidate_codes") > 0).mapInArrow(rank, ddl(contract, without=["ds"]))
    )
    ctx.write("rankings", rankings.select(F.lit(ctx.ds).alias("ds"), *contract.names[1:]))

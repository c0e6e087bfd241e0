"""replay_lists: the lists of the day before, judged by what happened on the day; each channel alone beside them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.daily import happened
from features.labels import build_truth
from jobs.graph import recall_table
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context
from models.arrow import ragged_codes
from models.evaluate.blocks import coded_lists, replay_block
from models.evaluate.metrics import coverage, metric_names
from models.types import Lists

LISTS = "topn"
BATCHES_AT_ONCE = 64


def run(ctx: Context) -> None:
    data, ks = ctx.config.data, ctx.config.replay.ks
    problem = _problem(ctx)
    if problem:
        ctx.say(f"nothing to replay on {ctx.ds}: {problem}.")
        ctx.write_arrow("replay_metrics", [])
        return
    truth = build_truth(
        happened(ctx.read("user_item_daily"), ctx.ds, ctx.ds),
        ctx.read("user_features").select("user_id", "user_code"),
        ctx.read("item_features").select("item_id", "item_code"),
        None if data.repeats else ctx.read("behaviour_features"),
        positive=data.events.with_role("positive"),
    ).persist()
    known = ctx.read_arrow("item_features", ["item_code", "item_id"]).sort_by("item_code")["item_id"].combine_chunks()
    rows = []
    for source, found in _means(ctx, truth, known).items():
        shares = _coverage(ctx, source, known)
        values = found | {f"coverage_at_{k}": share for k, share in zip(ks, shares, strict=True)}
        users = values.pop("users")
        rows += [
            {"ds": ctx.ds, "source": source, "metric": metric, "value": values[metric], "users": users}
            for metric in sorted(values)
        ]
    truth.unpersist()
    ctx.write_arrow("replay_metrics", [pa.Table.from_pylist(rows, schema=arrow_schema(ctx.contract("replay_metrics")))])


def _means(ctx: Context, truth: DataFrame, known: pa.Array) -> dict[str, dict[str, Any]]:
    """Source -> users, and the mean over them of each of `metric_names`. known: item ids in the order of codes."""
    ks = ctx.config.replay.ks
    lists = {LISTS: _published(ctx, known)} | {name: ctx.read(recall_table(name)) for name in _channels(ctx)}
    # Published lists are known by the users' ids, those of the channels by the codes of the directories.
    keys = {name: "user_id" if name == LISTS else "user_code" for name in lists}
    rows = _union(
        truth.join(found.select(keys[name], "item_codes"), keys[name], "left").select(
            F.lit(name).alias("source"), "truth_codes", "item_codes"
        )
        for name, found in lists.items()
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
    return {row.pop("source"): row for row in (row.asDict() for row in means.orderBy("source").collect())}


def _problem(ctx: Context) -> str:
    """Why nothing can be judged; empty when it can."""
    if not ctx.inputs(LISTS):
        return "no lists stand for the day before"
    if not ctx.config.data.repeats and not ctx.inputs("behaviour_features"):
        return "behaviour_features of the day before were built on other directories of users and items than stand"
    return ""


def _channels(ctx: Context) -> list[str]:
    """Those whose lists are in the codes of the directories that stand; of the others it is said."""
    channels = list(ctx.config.get("recall.channels"))
    sound = [name for name in channels if ctx.inputs(recall_table(name))]
    if left_out := [name for name in channels if name not in sound]:
        ctx.say(
            f"replay of {ctx.ds} without {', '.join(left_out)}: their lists of the day before are absent, or were "
            "built on other directories of users and items than stand."
        )
    return sound


def _published(ctx: Context, known: pa.Array) -> DataFrame:
    """Grain: user with a list; columns user_id and item_codes, in the codes of the directory that stands."""
    spread = ctx.spark.sparkContext.broadcast(known)

    def code(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # Each call hashes the whole catalogue, so it gets many users.
        while taken := list(islice(batches, BATCHES_AT_ONCE)):
            for rows in pa.Table.from_batches(taken).combine_chunks().to_batches():
                yield coded_lists(rows, spread.value)

    lists = ctx.read(LISTS).select("user_id", "item_ids")
    return lists.mapInArrow(code, "user_id string, item_codes array<int>")


def _coverage(ctx: Context, source: str, known: pa.Array) -> list[float]:
    """Of each cut-off the share of the catalogue that stands in the first places of any list."""
    coded = (
        (coded_lists(rows, known) for rows in ctx.iter_arrow(LISTS, ["user_id", "item_ids"]))
        if source == LISTS
        else ctx.iter_arrow(recall_table(source), ["item_codes"])
    )
    lists = (ragged_codes(rows["item_codes"]) for rows in coded)
    blocks = (Lists(offsets, codes, np.zeros(len(codes), np.float32)) for offsets, codes in lists)
    return coverage(blocks, len(known), ctx.config.replay.ks)


def _union(frames: Iterator[DataFrame]) -> DataFrame:
    return reduce(DataFrame.unionByName, frames)

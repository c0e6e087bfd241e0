"""Whoever took something in the label window, with their candidates as of the day before it: who judges, and what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.daily import happened
from features.labels import build_truth
from jobs.proof import UNPROVEN_SHARED
from jobs.ranking_inputs import in_order, items, ranker_inputs, user_tables
from jobs.runtime.context import Context
from jobs.runtime.user_rows import beside
from jobs.tables.lists import kept_features
from models.evaluate.contest import (
    ANY,
    FINAL,
    FINAL_CODES,
    HITS,
    NEW,
    RECALLED,
    TAKEN_CODES,
    TRUTH,
    UNIQUE,
    Contest,
    column,
    contest_block,
    stranger_rows,
)
from models.evaluate.summary import Items, Judged
from models.rank import load_ranker
from models.rank.base import Ranker, Samples
from models.rank.coarse import Coarse
from models.rank.matrix import NO_GROUP
from models.rank.table import COLUMNS, samples_of
from models.recall import SHARED, evidence_names

NEW_TRUTH = f"filter(truth_codes, code -> NOT array_contains({TAKEN_CODES}, code))"


def contest_of(ctx: Context) -> Contest:
    """Fused lists and each channel alone; rankers are to be added."""
    return Contest(
        inputs=ranker_inputs(ctx),
        names=tuple(kept_features(ctx.contract("samples"), ctx.config.get("rank.drop"))),
        channels=tuple(ctx.config.get("recall.channels")),
        modes=(ANY, NEW) if ctx.config.data.repeats else (NEW,),
        k=max(ctx.config.proof.ks),
    )


def earlier_samples(ctx: Context, contest: Contest) -> Samples:
    """Those of the label windows that end before the one that is judged, none at all perhaps: the rankers' features,
    and what is said by channels besides.
    """
    names = list(dict.fromkeys((*contest.names, *evidence_names(contest.channels))))
    table = ctx.read_arrow("samples", [*COLUMNS, *names])
    return samples_of(table.filter(pc.less(table["ds"], ctx.ds)), names)[0]


def coarse_of(ctx: Context, contest: Contest, samples: Samples) -> Coarse:
    """The coarse ranker of all evidence that the samples have. Raises ValueError when they don't suffice."""
    said = [name for name in evidence_names(contest.channels) if name in samples.names]
    return Coarse.fit(samples, said, ctx.config.get("rank.keep"))


def fitted(ctx: Context, kinds: Iterable[str], samples: Samples) -> dict[str, Ranker[Any]]:
    """Those rankers that the samples suffice for; of the others it is said."""
    found, settings = dict[str, Ranker[Any]](), ctx.config.get("rank")
    for kind in dict.fromkeys(kinds):
        ranker = load_ranker(kind)(getattr(settings, kind), seed=settings.seed)
        try:
            found[kind] = ranker.fit(samples.X, samples.y, samples.weight, samples.fold, samples.names, samples.group)
        except ValueError as error:
            ctx.say(f"{ctx.job.name} {ctx.ds} without {kind}: {error}")
    return found


def judged_items(ctx: Context) -> Items:
    """What makes items of the catalogue known or alike, as of the day of the lists."""
    groups = [f"{group}_code" for group in ctx.config.facts.groups]
    table = ctx.read_arrow("item_features", ["item_code", "user_count_history", *groups]).sort_by("item_code")
    return Items(
        taken_by=table["user_count_history"].to_numpy().astype(np.int64),
        users=ctx.read_arrow("user_features", ["user_code"]).num_rows,
        groups=tuple(table[name].fill_null(NO_GROUP).to_numpy() for name in groups),
    )


def judge(ctx: Context, contest: Contest, users: int, given: str = UNPROVEN_SHARED) -> Judged:
    """The contest among at most so many users, drawn by a hash of their ids. Grain of the truth: user with a positive
    event in the label window, whether anything is known of the user or not. given: whose list strangers are given.
    """
    drawn = _truth(ctx).orderBy(F.xxhash64("user_id", F.lit(ctx.config.proof.seed)), "user_id").limit(users).persist()
    rows = drawn.where("user_code IS NOT NULL").drop("user_id")
    rows = rows.join(ctx.read("behaviour_features").selectExpr("user_code", _taken(ctx)), "user_code")
    if contest.final:
        rows = rows.join(ctx.read(FINAL).selectExpr("user_code", f"item_codes AS {FINAL_CODES}"), "user_code", "left")
    for mode in contest.modes:
        rows = rows.withColumn(column(mode, TRUTH), F.expr(NEW_TRUTH if mode == NEW else "truth_codes"))
    spread = ctx.spark.sparkContext.broadcast
    catalogue, ready, tables = spread(items(ctx, contest.inputs)), spread(contest), user_tables(ctx, contest.inputs)

    def compete(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (contest_block(batch, ready.value, catalogue.value) for batch in beside(batches, tables))

    lists = [column(mode, name) for mode in contest.modes for name in (TRUTH, HITS, UNIQUE, *contest.sources)]
    schema = ", ".join(["user_code int", *(f"`{name}` array<int>" for name in (RECALLED, *lists))])
    table = in_order(ctx, rows).mapInArrow(compete, schema).toArrow()
    strangers = _strangers(ctx, contest, drawn.where("user_code IS NULL"), given)
    drawn.unpersist()
    return Judged(pa.concat_tables([table, strangers.select(table.column_names).cast(table.schema)]))


def _strangers(ctx: Context, contest: Contest, drawn: DataFrame, given: str) -> pa.Table:
    """They come after all users of the directory, in the order of their ids."""
    truth = drawn.select("user_id", "truth_codes").toArrow().sort_by("user_id")["truth_codes"].combine_chunks()
    first = ctx.read_arrow("user_features", ["user_code"]).num_rows
    return pa.Table.from_batches([stranger_rows(truth, contest, _shared(ctx), given, first)])


def _shared(ctx: Context) -> dict[str, np.ndarray]:
    """Channel that recommends the same to everyone -> its codes, best first, as of the day of the lists."""
    lists = ctx.read_arrow("shared_items", ["source", "rank", "item_code"]).sort_by("rank")
    return {source: lists.filter(pc.equal(lists["source"], source))["item_code"].to_numpy() for source in SHARED}


def _taken(ctx: Context) -> str:
    """SQL of the items that aren't new to a user. Where items aren't recommended again, all that was ever taken."""
    where = "element_at(positive_days, i + 1) > 0"
    if ctx.config.data.repeats:
        where += f" AND element_at(days_since_last, i + 1) < {ctx.config.proof.new_days}"
    return f"filter(item_codes, (code, i) -> {where}) AS {TAKEN_CODES}"


def _truth(ctx: Context) -> DataFrame:
    """Of the label window, which begins after the day that the candidates are of."""
    data, window = ctx.config.data, ctx.inputs("user_item_daily")
    return build_truth(
        happened(ctx.read("user_item_daily"), window[0], window[-1]),
        ctx.read("user_features").select("user_id", "user_code"),
        ctx.read("item_features").select("item_id", "item_code"),
        None if data.repeats else ctx.read("behaviour_features"),
        positive=data.events.with_role("positive"),
    )

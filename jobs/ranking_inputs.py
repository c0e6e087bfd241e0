"""What the ranker is given, for the two jobs that build its matrix: samples and rankings see the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from features import specs
from features.context import context_values
from features.facts import Facts
from features.spec import Feature
from jobs.runtime.context import Context
from jobs.runtime.user_rows import CodedTable
from models.rank.blocks import CANDIDATE_CODES, PAIR_CODES, Inputs, item_table
from models.rank.matrix import ItemTable
from models.recall import evidence_names

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TASKS_A_CORE = 2  # so that one with busier users holds nobody up for long
USERS_A_TASK = 8192


def ranker_inputs(ctx: Context) -> Inputs:
    facts, (as_of,) = ctx.config.facts, ctx.inputs("candidates")
    context = context_values(as_of, ctx.config.data.calendar)
    return replace(
        static_inputs(facts),
        evidence=tuple(evidence_names(ctx.config.recall.channels)),  # type: ignore[attr-defined]
        context={f"list_{f.name}": context[f.name] for f in specs.context_features(facts)},
    )


def static_inputs(facts: Facts) -> Inputs:
    """What is known of a user and an item, whatever it is for."""
    affinities = {group: specs.affinity_features(facts) for group in facts.groups}
    if shown := specs.shown_features(facts):
        affinities[specs.SHOWN] = shown
    return Inputs(
        user=(*_names(specs.user_features(facts), "user_"), *(f"user_profile_{name}" for name in facts.profile)),
        item=_names(specs.all_item_features(facts), "item_"),
        behaviour=_names(specs.pair_features(facts), "pair_"),
        affinities={group: _names(affinities[group], f"{group}_") for group in sorted(affinities)},
        evidence=(),
        matches={f"match_{f.name}": specs.matched_columns(f) for f in specs.match_features(facts)},
    )


def user_tables(ctx: Context, inputs: Inputs) -> list[CodedTable]:
    """Where workers find `inputs.user_columns` of a user of the directory."""
    evidence = {CANDIDATE_CODES: "item_codes", **{name: name for name in inputs.evidence}}
    groups = {name: name for group, names in inputs.affinities.items() for name in (f"{group}_codes", *names)}
    behaviour = {PAIR_CODES: "item_codes", **_plain(inputs.behaviour, "pair_"), **groups}
    return [
        ctx.coded("candidates", evidence),
        ctx.coded("user_features", _plain(inputs.user, "user_")),
        ctx.coded("behaviour_features", behaviour),
    ]


def in_order(ctx: Context, users: DataFrame | None = None) -> DataFrame:
    """Rows with user_code, or those of all users of the directory, as `jobs.runtime.user_rows.beside` wants them:
    neighbours in the directory in the same task, and in their order.
    """
    count = ctx.read_arrow("user_features", ["user_code"]).num_rows
    tasks = max(TASKS_A_CORE * ctx.spark.sparkContext.defaultParallelism, -(-count // USERS_A_TASK))
    if users is None:
        return ctx.spark.range(0, count, 1, tasks).select(F.col("id").cast("int").alias("user_code"))
    task = F.expr(f"CAST(user_code AS bigint) * {tasks} DIV {max(count, 1)}").cast("int")
    return users.repartitionById(tasks, task).sortWithinPartitions("user_code")


def known_rows(ctx: Context, inputs: Inputs) -> DataFrame:
    """Grain: user of the directory; columns user_code and `inputs.user_columns` without the candidates."""
    users = ctx.read("user_features").selectExpr("user_code", *_renamed(inputs.user, "user_"))
    groups = [name for group, names in inputs.affinities.items() for name in (f"{group}_codes", *names)]
    behaviour = ctx.read("behaviour_features").selectExpr(
        "user_code", f"item_codes AS {PAIR_CODES}", *_renamed(inputs.behaviour, "pair_"), *groups
    )
    return users.join(behaviour, "user_code")


def items(ctx: Context, inputs: Inputs) -> ItemTable:
    """The items' matrix, in this process; workers get a copy. It grows with items, never with users."""
    codes = [f"{group}_code" for group in inputs.affinities if group != specs.SHOWN]
    names = [name.removeprefix("item_") for name in inputs.item]
    table = ctx.read_arrow("item_features", ["item_code", *codes, *names]).sort_by("item_code")
    return item_table(table.drop(["item_code"]).rename_columns([*codes, *inputs.item]), inputs)


def _names(features: Sequence[Feature], prefix: str) -> tuple[str, ...]:
    return tuple(prefix + feature.name for feature in features if feature.ranked)


def _renamed(names: Sequence[str], prefix: str) -> list[str]:
    return [f"{plain} AS {name}" for name, plain in _plain(names, prefix).items()]


def _plain(names: Sequence[str], prefix: str) -> dict[str, str]:
    """Name as the ranker has it -> as its table has it."""
    return {name: name.removeprefix(prefix) for name in names}

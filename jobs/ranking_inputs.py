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
from models.rank.blocks import CANDIDATE_CODES, PAIR_CODES, Inputs, item_table
from models.rank.matrix import ItemTable
from models.recall import evidence_names

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


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


def user_rows(ctx: Context, inputs: Inputs, only: DataFrame | None = None) -> DataFrame:
    """Grain: user of the directory; columns user_code and `inputs.user_columns`. Joins one row to one, never a list.

    only: a few rows with user_code, whose users alone are read on.
    """
    candidates = _read(ctx, "candidates", only).selectExpr(
        "user_code", f"item_codes AS {CANDIDATE_CODES}", *inputs.evidence
    )
    return candidates.join(known_rows(ctx, inputs, only), "user_code").select("user_code", *inputs.user_columns)


def known_rows(ctx: Context, inputs: Inputs, only: DataFrame | None = None) -> DataFrame:
    """The same without the candidates and their evidence."""
    users = _read(ctx, "user_features", only).selectExpr("user_code", *_renamed(inputs.user, "user_"))
    groups = [name for group, names in inputs.affinities.items() for name in (f"{group}_codes", *names)]
    behaviour = _read(ctx, "behaviour_features", only).selectExpr(
        "user_code", f"item_codes AS {PAIR_CODES}", *_renamed(inputs.behaviour, "pair_"), *groups
    )
    return users.join(behaviour, "user_code")


def _read(ctx: Context, table: str, only: DataFrame | None) -> DataFrame:
    rows = ctx.read(table)
    return rows if only is None else rows.join(F.broadcast(only.select("user_code")), "user_code", "left_semi")


def items(ctx: Context, inputs: Inputs) -> ItemTable:
    """The items' matrix, in this process; workers get a copy. It grows with items, never with users."""
    codes = [f"{group}_code" for group in inputs.affinities if group != specs.SHOWN]
    names = [name.removeprefix("item_") for name in inputs.item]
    table = ctx.read_arrow("item_features", ["item_code", *codes, *names]).sort_by("item_code")
    return item_table(table.drop(["item_code"]).rename_columns([*codes, *inputs.item]), inputs)


def _names(features: Sequence[Feature], prefix: str) -> tuple[str, ...]:
    return tuple(prefix + feature.name for feature in features if feature.ranked)


def _renamed(names: tuple[str, ...], prefix: str) -> list[str]:
    return [f"{name.removeprefix(prefix)} AS {name}" for name in names]

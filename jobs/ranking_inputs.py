"""What the ranker is given, for the two jobs that build its matrix: samples and rankings see the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features import specs
from jobs.runtime.context import Context
from models.rank.blocks import CANDIDATE_CODES, PAIR_CODES, Inputs, item_table
from models.rank.matrix import ItemTable
from models.recall import evidence_names

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def ranker_inputs(ctx: Context) -> Inputs:
    data, roles = ctx.config.data, ctx.config.data.events.roles
    user = [feature.name for feature in specs.user_features(roles)] + [f"profile_{name}" for name in data.profile]
    affinity = [feature.name for feature in specs.affinity_features()]
    return Inputs(
        user=tuple(f"user_{name}" for name in user),
        item=tuple(f"item_{feature.name}" for feature in specs.item_features(roles)),
        behaviour=tuple(f"pair_{feature.name}" for feature in specs.behaviour_features(roles)),
        affinities={group: tuple(f"{group}_{name}" for name in affinity) for group in sorted(specs.GROUPS)},
        evidence=tuple(evidence_names(ctx.config.recall.channels)),  # type: ignore[attr-defined]
    )


def user_rows(ctx: Context, inputs: Inputs) -> DataFrame:
    """Grain: user of the directory; columns user_code and `inputs.user_columns`. Joins one row to one, never a list."""
    users = ctx.read("user_features").selectExpr("user_code", *_renamed(inputs.user, "user_"))
    groups = [name for group, names in inputs.affinities.items() for name in (f"{group}_codes", *names)]
    behaviour = ctx.read("behaviour_features").selectExpr(
        "user_code", f"item_codes AS {PAIR_CODES}", *_renamed(inputs.behaviour, "pair_"), *groups
    )
    candidates = ctx.read("candidates").selectExpr("user_code", f"item_codes AS {CANDIDATE_CODES}", *inputs.evidence)
    rows = candidates.join(users, "user_code").join(behaviour, "user_code")
    return rows.select("user_code", *inputs.user_columns)


def items(ctx: Context, inputs: Inputs) -> ItemTable:
    """The items' matrix, in this process; workers get a copy. It grows with items, never with users."""
    codes = [f"{group}_code" for group in inputs.affinities]
    names = [name.removeprefix("item_") for name in inputs.item]
    table = ctx.read_arrow("item_features", ["item_code", *codes, *names]).sort_by("item_code")
    return item_table(table.drop(["item_code"]).rename_columns([*codes, *inputs.item]), inputs)


def _renamed(names: tuple[str, ...], prefix: str) -> list[str]:
    return [f"{name.removeprefix(prefix)} AS {name}" for name in names]

"""The registry of re-ranking rules: plain data, so that it can be read without numpy or Spark."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.rerank.base import Rule

RULES: dict[str, str] = {
    "seen": "models.rerank.seen:Seen",
    "negative": "models.rerank.negative:Negative",
    "unavailable": "models.rerank.unavailable:Unavailable",
    "bans": "models.rerank.bans:Bans",
    "dedupe": "models.rerank.dedupe:Dedupe",
    "fatigue": "models.rerank.fatigue:Fatigue",
    "boosts": "models.rerank.boosts:Boosts",
    "new_boost": "models.rerank.new_boost:NewBoost",
    "mmr": "models.rerank.mmr:Mmr",
    "dpp": "models.rerank.dpp:Dpp",
    "caps": "models.rerank.caps:Caps",
    "new_slots": "models.rerank.new_slots:NewSlots",
    "pins": "models.rerank.pins:Pins",
}
"""Name -> "module:Class". `rerank.rules` names those in use and their order."""

RANKER, FILL, NEW, PINNED = "ranker", "fill", "new", "pinned"
PLACERS = (RANKER, FILL, NEW, PINNED)
"""Who put an item into a list: the ranker, the popular list that fills a short one, a rule. Append, never reorder."""


def load_rule(name: str) -> type[Rule[Any]]:
    """The class of a rule; its libraries are imported only now. Raises ValueError when the name is unknown."""
    if name not in RULES:
        raise ValueError(f"unknown re-ranking rule {name!r}: there are {', '.join(RULES)}.")
    module, _, attribute = RULES[name].partition(":")
    loaded: type[Rule[Any]] = getattr(import_module(module), attribute)
    return loaded


def check_rules(names: Sequence[str]) -> None:
    """Raises ValueError for a name that is unknown or there twice, and for an order in which one undoes another."""
    if unknown := [name for name in names if name not in RULES]:
        raise ValueError(f"rerank.rules names {unknown[0]!r}, which isn't one of {', '.join(RULES)}")
    if len(set(names)) < len(names):
        raise ValueError(f"rerank.rules names a rule twice: {', '.join(names)}")
    for before, after in pairwise(names):
        first, second = load_rule(before).step, load_rule(after).step
        if first > second:
            raise ValueError(
                f"rerank.rules has {before!r} before {after!r}, which would undo it: rules that leave out come first, "
                "then those that weigh, those that arrange, and those that place"
            )

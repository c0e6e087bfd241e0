"""The registry of recall channels: plain data, so that the graph and the DAG can read it without numpy or Spark."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.recall.base import Channel

CHANNELS: dict[str, str] = {
    "als": "models.recall.als:ALS",
    "item_cf": "models.recall.item_cf:ItemCF",
    "popular": "models.recall.popular:Popular",
    "buy_again": "models.recall.buy_again:BuyAgain",
}
"""Name -> "module:Class". The order is that of the candidates' score and rank columns: append, never reorder."""


def load_channel(name: str) -> type[Channel[Any]]:
    """The class of a channel; its libraries are imported only now. Raises ValueError when the name is unknown."""
    if name not in CHANNELS:
        raise ValueError(f"unknown recall channel {name!r}: there are {', '.join(CHANNELS)}.")
    module, _, attribute = CHANNELS[name].partition(":")
    loaded: type[Channel[Any]] = getattr(import_module(module), attribute)
    return loaded


def evidence_names(channels: Sequence[str]) -> list[str]:
    """The names of what channels say of a candidate, in the order of the ranker's columns: score and rank of each."""
    return [f"{channel}_{what}" for channel in channels for what in ("score", "rank")]

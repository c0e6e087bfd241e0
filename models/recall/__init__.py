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
    "user_cf": "models.recall.user_cf:UserCF",
    "content": "models.recall.content:Content",
    "trending": "models.recall.trending:Trending",
    "hot": "models.recall.trending:Hot",
    "popular_segment": "models.recall.popular_segment:PopularSegment",
    "popular_category": "models.recall.popular_category:PopularCategory",
    "new_items": "models.recall.new_items:NewItems",
    "followed": "models.recall.followed:Followed",
}
"""Name -> "module:Class". The order is that of the candidates' score and rank columns: append, never reorder."""

SHARED = (
    "popular",
    "trending",
    "hot",
)  # channels whose list is the same for everyone: one of them serves strangers, too
FUSED = "fused"  # of all channels together: the merged recall, no channel's name


def load_channel(name: str) -> type[Channel[Any]]:
    """The class of a channel; its libraries are imported only now. Raises ValueError when the name is unknown."""
    if name not in CHANNELS:
        raise ValueError(f"unknown recall channel {name!r}: there are {', '.join(CHANNELS)}.")
    module, _, attribute = CHANNELS[name].partition(":")
    loaded: type[Channel[Any]] = getattr(import_module(module), attribute)
    return loaded


def evidence_names(channels: Sequence[str]) -> list[str]:
    """The names of what channels say of a candidate, in the order of the ranker's columns: score and rank of each, then
    of all fused."""
    return [f"{source}_{what}" for source in (*channels, FUSED) for what in ("score", "rank")]

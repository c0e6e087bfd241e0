"""Similar items: for each item, those that the same users take."""

from __future__ import annotations

from pydantic import Field

from features.settings import Settings
from models.recall.item_cf import ItemCF, ItemCFConfig
from models.types import Interactions, Lists

ANY = 0  # ItemCF draws nothing at random


class SimilarConfig(Settings):
    """k: items listed per item. The similarity is that of the channel `item_cf`, with its settings."""

    k: int = Field(50, ge=1, le=1000)


def similar_items(interactions: Interactions, item_cf: ItemCFConfig, k: int) -> Lists:
    """Of every item code, in order, the k most similar items (at most `item_cf.K`), scores above 0; itself left out."""
    return ItemCF(item_cf, repeats=True, seed=ANY).fit(interactions).similar_items(k)

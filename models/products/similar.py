"""Similar items: for each item, those that the same users take."""

from __future__ import annotations

from pydantic import Field

from features.settings import Settings
from models.recall.item_cf import ItemCF, ItemCFConfig
from models.types import Interactions, Lists

ANY = 0  # ItemCF draws nothing at random


class SimilarConfig(Settings):
    """k: items listed per item. The similarity is that of the channel `item_cf`, with its settings. most_items:
    instead of its own, of a user's items that speak: an item that is nobody's favourite has similar ones, too.
    """

    k: int = Field(50, ge=1, le=1000)
    most_items: int = Field(300, ge=1)


def similar_items(interactions: Interactions, item_cf: ItemCFConfig, config: SimilarConfig) -> Lists:
    """Of every item code, in order, the k most similar items (at most `item_cf.K`), scores above 0; itself left out."""
    settings = item_cf.model_copy(update={"most_items": config.most_items})
    return ItemCF(settings, repeats=True, seed=ANY).fit(interactions).similar_items(config.k)

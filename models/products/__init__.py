"""The registry of what is published beside the lists: plain data, so that the graph can read it without numpy."""

from __future__ import annotations

PRODUCTS: dict[str, str] = {
    "similar": "items that the same users take, for each item",
    "together": "items taken by the same user on the same day, for each item",
    "segments": "popular items of the users that share an attribute",
    "reasons": "why an item stands in a user's list; needs `similar` for its evidence",
    "history": "what a user took last, with days",
    "details": "what the catalogue says of an item",
}
"""Name -> what it is. `products.enabled` names those that a night makes."""

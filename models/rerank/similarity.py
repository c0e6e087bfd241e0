"""How alike two items are by what the catalogue says of them."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.rerank.night import UNKNOWN, Night


class SimilarityConfig(Settings):
    """How much it counts that two items share a category, a subcategory, a brand; groups that the catalogue doesn't
    have are left out of account.
    """

    category: float = Field(1.0, ge=0)
    subcategory: float = Field(1.0, ge=0)
    brand: float = Field(1.0, ge=0)


class Similarity:
    """The share, by weight, of the groups that two items have in common: 0 to 1. Nobody shares an unknown group."""

    def __init__(self, config: SimilarityConfig, night: Night) -> None:
        weights = {group: weight for group, weight in config.model_dump().items() if weight}
        known = {group: night.groups[group] for group in weights}
        found = [group for group, codes in known.items() if (codes != UNKNOWN).any()]
        total = sum(weights[group] for group in found)
        self._groups = [(np.float32(weights[group] / total), known[group]) for group in found]

    @property
    def is_blind(self) -> bool:
        """Whether nothing is known by which items could be alike."""
        return not self._groups

    def tables(self, items: np.ndarray, used: np.ndarray) -> list[tuple[np.float32, np.ndarray]]:
        """Of (n, width) items the weight of each group and the items' codes in it, UNKNOWN where not used."""
        return [(weight, np.where(used, codes[items], UNKNOWN)) for weight, codes in self._groups]


def to_picked(tables: list[tuple[np.float32, np.ndarray]], picked: np.ndarray) -> np.ndarray:
    """(n, width) float32: how alike each item of a row is to the row's item in the column `picked` ((n,) int)."""
    rows = np.arange(len(picked))
    alike = np.zeros(tables[0][1].shape, np.float32)
    for weight, codes in tables:
        own = codes[rows, picked]
        alike += weight * ((codes == own[:, None]) & (own != UNKNOWN)[:, None])
    return alike

"""The arrays that models take and give: interactions in, ragged lists out. Codes are dense positions as of one day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Interactions:
    """Positive interactions as of a day; grain: user x item x day, sorted by user, item, age.

    users: (n,) int32 user codes. items: (n,) int32 item codes. ages: (n,) int16 days before the as-of day, 0 is the day
    itself. weights: (n,) float32, the sum of the events' configured weights on that day, above 0.
    shape: (users, items) of the directories as of the day; a user or item may have no interaction.
    """

    users: np.ndarray
    items: np.ndarray
    ages: np.ndarray
    weights: np.ndarray
    shape: tuple[int, int]

    def matrix(self, half_life_days: float | None = None) -> csr_matrix:
        """Users x items, float32: the summed weights, each halved per `half_life_days` of age when given."""
        values = self.weights
        if half_life_days is not None:
            values = values * np.exp2(-self.ages / np.float32(half_life_days))
        matrix = csr_matrix((values.astype(np.float32), (self.users, self.items)), shape=self.shape)
        matrix.sum_duplicates()
        return matrix


@dataclass(frozen=True)
class Lists:
    """Ranked lists of several users. List i is `items[offsets[i]:offsets[i + 1]]`, best first.

    offsets: (n + 1,) int64. items: (nnz,) int32 item codes. scores: (nnz,) float32, descending within a list; equal
    scores stand in ascending item order.
    """

    offsets: np.ndarray
    items: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

"""The arrays that models take and give: interactions in, ragged lists out. Codes are dense positions as of one day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Interactions:
    """Positive interactions as of a day; grain: user x item x day, sorted by user, item, age.

    users: (n,) int32 user codes. items: (n,) int32 item codes. ages: (n,) int16 days before the as-of day, 0 is the day
    itself. hours: (n,) int32, whole hours from the day's last event to the end of the as-of day. weights: (n,) float32,
    the sum of the events' configured weights on that day, above 0. shape: (users, items) of the directories as of the
    day; a user or item may have no interaction.
    """

    users: np.ndarray
    items: np.ndarray
    ages: np.ndarray
    hours: np.ndarray
    weights: np.ndarray
    shape: tuple[int, int]

    def matrix(self, half_life_days: float | None = None, most_items: int | None = None) -> csr_matrix:
        """Users x items, float32: the summed weights, each halved per `half_life_days` of age when given; what decays
        beyond float32 is left out. most_items: of a user those of the greatest weight, ties by item code.
        """
        values = self.weights
        if half_life_days is not None:
            values = values * np.exp2(-self.ages / np.float32(half_life_days))
        matrix = csr_matrix((values.astype(np.float32), (self.users, self.items)), shape=self.shape)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        if most_items is not None:
            _keep_heaviest(matrix, most_items)
        return matrix


def _keep_heaviest(matrix: csr_matrix, most: int) -> None:
    """In place: of each row the `most` greatest entries."""
    counts = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    places = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], counts)
    matrix.data[order[places >= most]] = 0
    matrix.eliminate_zeros()


@dataclass(frozen=True)
class Catalogue:
    """What is known of items and users besides interactions, in the codes of the day. A channel is given what its
    `needs` name; the rest stays empty or None, as it does where a data set doesn't say.

    groups: category, subcategory, brand -> (items,) int32 codes, -1 unknown. names: (items,) of text or None.
    prices: (items,) float32 in the source's money, NaN unknown. ages: (items,) int32 days since the item was created,
    -1 unknown. rates: (items,) float32, positive events per exposure of late, drawn to the items' mean, NaN unknown.
    segments: attribute of the users' profile -> (users,) int32 codes, -1 unknown.
    """

    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    names: np.ndarray | None = None
    prices: np.ndarray | None = None
    ages: np.ndarray | None = None
    rates: np.ndarray | None = None
    segments: Mapping[str, np.ndarray] = field(default_factory=dict)


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

"""Popular items of segments: users that share an attribute, such as a city. For users who have no list of their own."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.recall.topk import ragged_top
from models.types import Lists

UNITS = 1_000_000  # of a user-day; whole numbers add up to the same sum in any order
NO_SEGMENT = -1


class SegmentsConfig(Settings):
    """attributes: categories of the user table; empty: all of them. min_users: below which a segment is left out,
    for its list would be chance, and would tell about persons.
    """

    attributes: tuple[str, ...] = ()
    min_users: int = Field(50, ge=1)


class SegmentCounts:
    """Decayed user-days of every item in every segment, added up batch by batch, so that no history is held."""

    def __init__(self, segments: np.ndarray, n_segments: int, n_items: int, half_life_days: float) -> None:
        """segments: (users, attributes) int, the segment of each user by each attribute, or NO_SEGMENT."""
        self._segments, self._n_items, self._half_life_days = segments, n_items, half_life_days
        self._counts = np.zeros(n_segments * n_items, np.int64)

    def add(self, users: np.ndarray, items: np.ndarray, ages: np.ndarray) -> None:
        """Interactions as in `models.types.Interactions`, grain user x item x day, in any order."""
        units = np.rint(np.exp2(-ages / self._half_life_days) * UNITS).astype(np.int64)
        for attribute in range(self._segments.shape[1]):
            segment = self._segments[users, attribute].astype(np.int64)
            known = segment != NO_SEGMENT
            np.add.at(self._counts, segment[known] * self._n_items + items[known], units[known])

    def top(self, k: int) -> Lists:
        """Of every segment, in order, its k most popular items; scores are decayed user-days."""
        places = np.flatnonzero(self._counts)
        segments, items = np.divmod(places, max(self._n_items, 1))
        scores = (self._counts[places] / UNITS).astype(np.float32)
        sizes = np.bincount(segments, minlength=len(self._counts) // max(self._n_items, 1))
        return ragged_top(items, scores, sizes, k)


def segment_codes(codes: np.ndarray, min_users: int) -> tuple[np.ndarray, list[int]]:
    """Attribute values of users -> (users,) segments counted from 0, NO_SEGMENT for the rest; and each one's value.

    codes: (users,) float, NaN where the value is unknown. A value of fewer users is no segment.
    """
    values = np.where(np.isnan(codes), NO_SEGMENT, codes).astype(np.int64)
    sizes = np.bincount(values[values >= 0])
    kept = np.flatnonzero((sizes >= min_users) & (sizes > 0))
    renumbered = np.full(len(sizes) + 1, NO_SEGMENT, np.int32)
    renumbered[kept] = np.arange(len(kept))
    return renumbered[np.where(values < 0, len(sizes), values)], kept.tolist()

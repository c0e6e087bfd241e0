"""What users of the same age, city and so on take: for users of whom little more than a profile is known."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix, hstack, vstack

from models.recall.base import Channel, ChannelConfig
from models.recall.filters import without_seen
from models.recall.ragged import empty_lists
from models.recall.topk import by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists


class PopularSegmentConfig(ChannelConfig):
    """half_life_days: days after which a user's day with an item counts half. shrinkage: decayed user-days of a segment
    at which its own popularity says as much as everyone's. items: best items of a segment that are looked at.
    num_threads: 0 for one per core.
    """

    half_life_days: float = Field(7.0, gt=0)
    shrinkage: float = Field(500.0, gt=0, allow_inf_nan=False)
    items: int = Field(300, ge=1, le=2000)
    num_threads: int = Field(0, ge=0)


class PopularSegment(Channel[PopularSegmentConfig]):
    """Score of an item: the mean, over the known attributes of the user's profile, of the item's share in the decayed
    user-days of all who have the same value, drawn to its share in everyone's. Without a profile no items.
    """

    name: ClassVar[str] = "popular_segment"
    Config: ClassVar[type[PopularSegmentConfig]] = PopularSegmentConfig
    needs: ClassVar[frozenset[str]] = frozenset({"segments"})

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:
        decay = np.exp2(-interactions.ages / np.float64(self.config.half_life_days))
        everyone = np.bincount(interactions.items, decay, minlength=interactions.shape[1])
        attributes = [codes for codes in catalogue.segments.values() if codes.max(initial=-1) >= 0]
        self._members = None
        if not attributes or not everyone.sum() > 0:
            return
        self._members = _members(attributes)
        counts = vstack([_counts(interactions, decay, codes) for codes in attributes], format="csr")
        self._shares = self._drawn(counts, everyone)

    def _drawn(self, counts: csr_matrix, everyone: np.ndarray) -> csr_matrix:
        """segments x items, float32: the shares of each segment's best items."""
        n_segments, n_items = counts.shape
        strength = self.config.shrinkage
        prior = strength * everyone / everyone.sum()

        def top(segments: np.ndarray) -> Lists:
            own = counts[segments].toarray()
            shares = csr_matrix(((own + prior) / (own.sum(axis=1, keepdims=True) + strength)).astype(np.float32))
            return sparse_top(shares, self.config.items)

        best = by_blocks(top, np.arange(n_segments), n_items, self.config.num_threads)
        return csr_matrix((best.scores, best.items, best.offsets), shape=counts.shape)

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        members = self._members
        if members is None:
            return empty_lists(len(users))

        def top(block: np.ndarray) -> Lists:
            scores = members[block] @ self._shares
            return sparse_top(without_seen(scores, *self._seen_entries(block)), k)

        return by_blocks(top, users, 2 * self.config.items, self.config.num_threads)


def _members(attributes: list[np.ndarray]) -> csr_matrix:
    """users x segments, float32: 1 over the number of the user's known attributes where the user has the value."""
    parts = []
    for codes in attributes:
        known = np.flatnonzero(codes >= 0)
        parts.append(csr_matrix((np.ones(len(known)), (known, codes[known])), shape=(len(codes), int(codes.max()) + 1)))
    members = hstack(parts, format="csr", dtype=np.float32)
    counts = np.diff(members.indptr)
    members.data /= np.repeat(counts, counts)
    return members


def _counts(interactions: Interactions, decay: np.ndarray, codes: np.ndarray) -> csr_matrix:
    """values of an attribute x items: decayed user-days."""
    values = codes[interactions.users]
    known = values >= 0
    shape = (int(codes.max()) + 1, interactions.shape[1])
    return csr_matrix((decay[known], (values[known], interactions.items[known])), shape=shape)

"""Bought together: items that users take on the same day, more often than their popularity alone would bring about."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix

from features.settings import Settings
from models.recall.topk import by_blocks, sparse_top
from models.types import Interactions, Lists


class TogetherConfig(Settings):
    """k: items listed per item. min_baskets: days of users on which both were taken, below which a pair is chance.
    max_basket: distinct items; a fuller day of a user is a bulk buyer's or a robot's and says nothing about pairs.
    score: "cosine", shared days over the geometric mean of the items' days; "lift", shared days over those expected
    of independent items, which puts rare pairs first. num_threads: 0 for one per core.
    """

    k: int = Field(50, ge=1, le=1000)
    min_baskets: int = Field(5, ge=1)
    max_basket: int = Field(100, ge=2)
    score: Literal["cosine", "lift"] = "cosine"
    num_threads: int = Field(0, ge=0)


def bought_together(interactions: Interactions, config: TogetherConfig) -> Lists:
    """Of every item code, in order, the k items taken together with it, scores above 0; itself left out.

    A basket is what one user took on one day.
    """
    baskets, n_items = _baskets(interactions, config.max_basket), interactions.shape[1]
    times = np.bincount(baskets.indices, minlength=n_items).astype(np.float32)
    by_item = baskets.T.tocsr()
    total = np.float32(baskets.shape[0])

    def top(items: np.ndarray) -> Lists:
        shared = by_item[items] @ baskets
        rows = np.repeat(items, np.diff(shared.indptr))
        enough = (shared.data >= config.min_baskets) & (shared.indices != rows)
        chance = times[rows] * times[shared.indices]
        scores = shared.data / np.sqrt(chance) if config.score == "cosine" else shared.data * (total / chance)
        shared.data = np.where(enough, scores, np.float32(0))  # zeros are left out by the top-k
        return sparse_top(shared, config.k)

    return by_blocks(top, np.arange(n_items), n_items, config.num_threads)


def _baskets(interactions: Interactions, max_basket: int) -> csr_matrix:
    """Baskets of at most `max_basket` items x items, float32 ones."""
    days = 1 + int(interactions.ages.max(initial=0))
    _, basket = np.unique(interactions.users.astype(np.int64) * days + interactions.ages, return_inverse=True)
    matrix = csr_matrix(
        (np.ones(len(basket), np.float32), (basket, interactions.items)),
        shape=(int(basket.max(initial=-1)) + 1, interactions.shape[1]),
    )
    return matrix[np.diff(matrix.indptr) <= max_basket]

"""User-user collaborative filtering: what those took who took the same as the user."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix

from models.recall.base import Channel, ChannelConfig
from models.recall.filters import without_seen
from models.recall.ragged import positions
from models.recall.topk import by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists


class UserCFConfig(ChannelConfig):
    """K: neighbours kept per user. item_frequency: items of many users say less of each. shrinkage: shared evidence, in
    units of about one item, at which the similarity of two users of few items is half believed. most_users: of an
    item's users, neighbours are looked for among so many, those of the most weight: what all take makes nobody alike,
    and would cost its users squared. half_life_days: days after which a weight counts half; `inf` for no decay.
    most_items: of a user's items, those of the most decayed weight. num_threads: 0 for one per core.
    """

    K: int = Field(200, ge=1, le=2000)
    item_frequency: bool = True
    shrinkage: float = Field(3.0, gt=0, allow_inf_nan=False)
    most_users: int = Field(500, ge=2)
    half_life_days: float = Field(30.0, gt=0)
    most_items: int = Field(100, ge=1)
    num_threads: int = Field(0, ge=0)


class UserCF(Channel[UserCFConfig]):
    """Score of an item: the sum, over the user's neighbours, of similarity x log(1 + decayed weight) of the item.

    Similarity is the cosine of the users' weighted item vectors, its denominator enlarged by the shrinkage.

    Source: Herlocker, Konstan, Borchers, Riedl, "An algorithmic framework for performing collaborative filtering",
    SIGIR 1999, DOI 10.1145/312624.312682; inverse frequency: Breese, Heckerman, Kadie, UAI 1998, arXiv 1301.7363.
    """

    name: ClassVar[str] = "user_cf"
    Config: ClassVar[type[UserCFConfig]] = UserCFConfig

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:  # noqa: ARG002
        self._taken = interactions.matrix(self.config.half_life_days, self.config.most_items)
        self._taken.data = np.log1p(self._taken.data)
        self._vectors = self._by_frequency(self._taken) if self.config.item_frequency else self._taken
        self._norms = _norms(self._vectors)
        self._by_item = _heaviest(self._vectors.T.tocsr(), self.config.most_users)
        # Entries of a row of similarities, on average, that memory is planned with.
        per_user = np.diff(self._by_item.indptr)[self._vectors.indices].sum() / max(len(self._norms), 1)
        self._width = max(int(min(per_user, len(self._norms))), self._taken.shape[1] // 4, 1)

    @staticmethod
    def _by_frequency(weights: csr_matrix) -> csr_matrix:
        """users x items: weights times log(1 + users / users of the item), scaled to a mean of 1 over the stored
        entries to keep the unit of the shrinkage."""
        counts = np.bincount(weights.indices, minlength=weights.shape[1])
        frequency = np.log1p(weights.shape[0] / np.maximum(counts, 1))[weights.indices]
        vectors = weights.copy()
        vectors.data = vectors.data * (frequency / frequency.mean() if len(frequency) else frequency).astype(np.float32)
        return vectors

    def neighbours(self, users: np.ndarray) -> Lists:
        """Of each user the K most similar others, scores above 0."""
        products = self._vectors[users] @ self._by_item
        rows = np.repeat(users, np.diff(products.indptr))
        products.data /= self._norms[rows] * self._norms[products.indices] + np.float32(self.config.shrinkage)
        products.data[products.indices == rows] = 0  # left out by the top-k
        return sparse_top(products, self.config.K)

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        n_users = self._taken.shape[0]

        def top(block: np.ndarray) -> Lists:
            near = self.neighbours(block)
            similar = csr_matrix((near.scores, near.items, near.offsets), shape=(len(block), n_users))
            return sparse_top(without_seen(similar @ self._taken, *self._seen_entries(block)), k)

        return by_blocks(top, users, self._width, self.config.num_threads)


def _norms(vectors: csr_matrix) -> np.ndarray:
    rows = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))
    squares = np.bincount(rows, np.square(vectors.data, dtype=np.float64), minlength=vectors.shape[0])
    norms: np.ndarray = np.sqrt(squares).astype(np.float32)
    return norms


def _heaviest(by_item: csr_matrix, most: int) -> csr_matrix:
    """items x users: of each item the users of the most weight, among equals those of the lowest code."""
    counts = np.diff(by_item.indptr)
    if counts.max(initial=0) <= most:
        return by_item
    rows = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((by_item.indices, -by_item.data, rows))
    kept = np.sort(order[positions(counts) < most])
    indptr = np.concatenate([[0], np.cumsum(np.minimum(counts, most))])
    return csr_matrix((by_item.data[kept], by_item.indices[kept], indptr), shape=by_item.shape)

"""Item-item collaborative filtering: items taken by the same users as the user's own."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix

from models.recall.base import Channel, ChannelConfig
from models.recall.topk import block_rows, by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists


class ItemCFConfig(ChannelConfig):
    """K: neighbours kept per item. similarity: "cosine", or "bm25", the inner product after BM25's saturation, of which
    K1 and B are the parameters. user_frequency: users of many items speak less for each of them. shrinkage, of the
    cosine: shared evidence, in units of about one user, at which the similarity of two rare items is half believed.
    half_life_days: days after which a weight counts half; `inf` for no decay. most_items: of a user's items, those of
    the most decayed weight: what was taken once and long ago says little, and a user's items cost squared.
    num_threads: 0 for one per core.
    """

    similarity: Literal["cosine", "bm25"] = "cosine"
    K1: float = Field(1.2, gt=0, allow_inf_nan=False)
    B: float = Field(0.75, ge=0, le=1)
    K: int = Field(100, ge=1, le=2000)
    user_frequency: bool = True
    shrinkage: float = Field(5.0, gt=0, allow_inf_nan=False)
    half_life_days: float = Field(30.0, gt=0)
    most_items: int = Field(100, ge=1)
    num_threads: int = Field(0, ge=0)


class ItemCF(Channel[ItemCFConfig]):
    """Score of an item: the sum, over the user's items, of log(1 + decayed weight) x similarity to the item.

    An item is not its own neighbour: with repeats, an item taken before is listed for its neighbours' sake only, and
    its own past is the business of `buy_again`. Similarity is the cosine of the items' weighted user vectors, its
    denominator enlarged by the shrinkage, without which pairs of items taken by one and the same user come first; or
    their inner product, where one user's weight counts the less the more an item has in all (BM25).

    Source: Sarwar, Karypis, Konstan, Riedl, "Item-based collaborative filtering recommendation algorithms", WWW 2001,
    DOI 10.1145/371920.372071; inverse user frequency: Breese, Heckerman, Kadie, UAI 1998, arXiv 1301.7363; BM25:
    Robertson, Zaragoza, "The probabilistic relevance framework", 2009, DOI 10.1561/1500000019.
    """

    name: ClassVar[str] = "item_cf"
    Config: ClassVar[type[ItemCFConfig]] = ItemCFConfig

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:  # noqa: ARG002
        self._taken = interactions.matrix(self.config.half_life_days, self.config.most_items)
        self._taken.data = np.log1p(self._taken.data)
        vectors = self._saturated(self._taken) if self.config.similarity == "bm25" else self._taken
        vectors = self._by_frequency(vectors) if self.config.user_frequency else vectors
        self._similar = self._neighbours(vectors)

    def similar_items(self, k: int) -> Lists:
        """Of every item code, in order, the k most similar items (at most K), scores above 0; itself left out.

        Raises RuntimeError before `fit`, ValueError when k is below 1.
        """
        if self.shape is None:
            raise RuntimeError(f"{self.name}: call fit before similar_items.")
        if k < 1:
            raise ValueError(f"{self.name}: k is {k}, at least 1 is needed.")
        n_items = self.shape[1]
        return by_blocks(lambda items: sparse_top(self._similar[items], k), np.arange(n_items), self.config.K, 1)

    def _saturated(self, weights: csr_matrix) -> csr_matrix:
        """users x items: BM25's weight of a user as a term of the item."""
        lengths = np.bincount(weights.indices, weights.data, minlength=weights.shape[1])
        relative = lengths / max(lengths.sum() / max(np.count_nonzero(lengths), 1), np.finfo(float).tiny)
        norms = (self.config.K1 * (1 - self.config.B + self.config.B * relative)).astype(np.float32)
        vectors = weights.copy()
        vectors.data = vectors.data * np.float32(self.config.K1 + 1) / (vectors.data + norms[vectors.indices])
        return vectors

    @staticmethod
    def _by_frequency(weights: csr_matrix) -> csr_matrix:
        """users x items: weights times log(1 + items of the catalogue / items of the user), scaled to a mean of 1 over
        the stored entries to keep the unit of the shrinkage."""
        counts = np.diff(weights.indptr)
        frequency = np.repeat(np.log1p(weights.shape[1] / np.maximum(counts, 1)), counts)
        vectors = weights.copy()
        vectors.data *= (frequency / frequency.mean() if len(frequency) else frequency).astype(np.float32)
        return vectors

    def _neighbours(self, vectors: csr_matrix) -> csr_matrix:
        """items x items, float32: each item's K most similar others, best first."""
        n_items = vectors.shape[1]
        squares = np.bincount(vectors.indices, np.square(vectors.data, dtype=np.float64), minlength=n_items)
        norms = np.sqrt(squares).astype(np.float32)
        by_item = vectors.T.tocsr()

        def top(items: np.ndarray) -> Lists:
            products = by_item[items] @ vectors
            rows = np.repeat(items, np.diff(products.indptr))
            if self.config.similarity == "cosine":
                products.data /= norms[rows] * norms[products.indices] + np.float32(self.config.shrinkage)
            products.data[products.indices == rows] = 0  # left out by the top-k
            return sparse_top(products, self.config.K)

        lists = by_blocks(top, np.arange(n_items), n_items, self.config.num_threads)
        return csr_matrix((lists.scores, lists.items, lists.offsets), shape=(n_items, n_items))

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        n_items = self._similar.shape[0]

        def top(block: np.ndarray) -> Lists:
            scores = self._taken[block] @ self._similar
            rows, items = self._seen_entries(block)
            if len(rows):
                seen = np.zeros(block_rows(n_items) * n_items, bool)
                seen[rows * n_items + items] = True
                of = np.repeat(np.arange(len(block)), np.diff(scores.indptr))
                scores.data[seen[of * n_items + scores.indices]] = 0
            return sparse_top(scores, k)

        return by_blocks(top, users, n_items, self.config.num_threads)

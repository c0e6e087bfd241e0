"""Items like those that the user took, by attributes and words of the name: nobody else needs to have taken them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix, hstack

from models.recall.base import Channel, ChannelConfig
from models.recall.filters import without_seen
from models.recall.ragged import empty_lists
from models.recall.topk import by_blocks, sparse_top
from models.types import Catalogue, Interactions, Lists


class ContentConfig(ChannelConfig):
    """word_bits: words are hashed into 2 to this power. terms: those of the most weight in a user's profile. items: the
    best of a term. popularity: the power of 1 + log(1 + decayed user-days) that an item's likeness is multiplied with,
    0 for none. half_life_days: days after which a weight counts half; `inf` for no decay. num_threads: 0 for one per
    core.
    """

    word_bits: int = Field(18, ge=8, le=24)
    terms: int = Field(40, ge=1, le=1000)
    items: int = Field(300, ge=1, le=5000)
    popularity: float = Field(1.0, ge=0, allow_inf_nan=False)
    half_life_days: float = Field(30.0, gt=0)
    num_threads: int = Field(0, ge=0)


class Content(Channel[ContentConfig]):
    """Score of an item: the cosine of its terms and the user's profile, times its popularity to some power.

    Terms are the item's category, subcategory, brand and the words of its name, weighted by TF-IDF; a profile is the
    sum of the vectors of the user's items, each times log(1 + decayed weight).
    """

    name: ClassVar[str] = "content"
    Config: ClassVar[type[ContentConfig]] = ContentConfig
    needs: ClassVar[frozenset[str]] = frozenset({"groups", "names"})

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:
        self._vectors = item_vectors(catalogue, interactions.shape[1], self.config.word_bits)
        self._taken = interactions.matrix(self.config.half_life_days)
        self._taken.data = np.log1p(self._taken.data)
        if self._vectors is not None:
            self._by_term = self._best(self._vectors, interactions)

    def _best(self, vectors: csr_matrix, interactions: Interactions) -> csr_matrix:
        """terms x items, float32: of each term its best items, their weight in it times their popularity."""
        decay = np.exp2(-interactions.ages / np.float64(self.config.half_life_days))
        taken = np.bincount(interactions.items, decay, minlength=vectors.shape[0])
        weighted = vectors.copy()
        boost = (1 + np.log1p(taken)) ** self.config.popularity
        weighted.data *= np.repeat(boost, np.diff(vectors.indptr)).astype(np.float32)
        by_term = weighted.T.tocsr()
        width = max(1, int(by_term.nnz // max(by_term.shape[0], 1)))
        best = by_blocks(lambda terms: sparse_top(by_term[terms], self.config.items), _all(by_term), width, 1)
        return csr_matrix((best.scores, best.items, best.offsets), shape=by_term.shape)

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        if self._vectors is None:
            return empty_lists(len(users))

        def top(block: np.ndarray) -> Lists:
            terms = sparse_top(self._taken[block] @ self._vectors, self.config.terms)
            profile = csr_matrix((_unit(terms), terms.items, terms.offsets), shape=(len(block), self._by_term.shape[0]))
            return sparse_top(without_seen(profile @ self._by_term, *self._seen_entries(block)), k)

        width = min(self.config.terms * self.config.items, self._by_term.shape[1])
        return by_blocks(top, users, width, self.config.num_threads)


def item_vectors(catalogue: Catalogue, n_items: int, word_bits: int) -> csr_matrix | None:
    """items x terms, float32, rows of length 1 or 0; None when nothing is known that two items share."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    parts = [_one_hot(codes) for codes in catalogue.groups.values()]
    if catalogue.names is not None:
        words = HashingVectorizer(n_features=1 << word_bits, alternate_sign=False, norm=None, dtype=np.float32)
        parts.append(words.transform("" if name is None else name for name in catalogue.names))
    if not parts or not n_items:
        return None
    counts = hstack(parts, format="csr")
    of_items = np.bincount(counts.indices, minlength=counts.shape[1])
    shared = counts[:, (of_items > 1) & (of_items < n_items)]  # what one item has, or all have, makes none alike
    return TfidfTransformer(sublinear_tf=True).fit_transform(shared).astype(np.float32) if shared.nnz else None


def _one_hot(codes: np.ndarray) -> csr_matrix:
    known = np.flatnonzero(codes >= 0)
    shape = (len(codes), int(codes.max(initial=-1)) + 1)
    return csr_matrix((np.ones(len(known), np.float32), (known, codes[known])), shape=shape)


def _unit(lists: Lists) -> np.ndarray:
    """(nnz,) float32: the scores over the length of their list as a vector."""
    rows = np.repeat(np.arange(len(lists)), np.diff(lists.offsets))
    squares = np.bincount(rows, np.square(lists.scores, dtype=np.float64), minlength=len(lists))
    unit: np.ndarray = (lists.scores / np.sqrt(squares)[rows]).astype(np.float32)
    return unit


def _all(matrix: csr_matrix) -> np.ndarray:
    return np.arange(matrix.shape[0])

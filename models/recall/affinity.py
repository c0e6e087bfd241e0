"""What users prefer among categories, subcategories and brands, and the best items of each: for channels by group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_matrix

from models.recall.topk import by_blocks, sparse_top
from models.types import Interactions

FEW = 256  # groups of a user, for planning memory


def group_affinity(interactions: Interactions, codes: np.ndarray, half_life_days: float, most: int) -> csr_matrix:
    """users x groups, float32: each user's days with items of a group, halved per `half_life_days` of age; no more than
    the `most` groups with the most of them. codes: (items,) group of each item, -1 unknown.
    """
    groups = codes[interactions.items]
    known = groups >= 0
    decayed = np.exp2(-interactions.ages[known] / np.float32(half_life_days)).astype(np.float32)
    shape = (interactions.shape[0], int(codes.max(initial=-1)) + 1)
    matrix = csr_matrix((decayed, (interactions.users[known], groups[known])), shape=shape)
    matrix.sum_duplicates()
    lists = by_blocks(lambda users: sparse_top(matrix[users], most), np.arange(shape[0]), FEW, num_threads=1)
    return csr_matrix((lists.scores, lists.items, lists.offsets), shape=shape)


def group_items(scores: np.ndarray, codes: np.ndarray, most: int) -> csr_matrix:
    """groups x items, float32: the scores of each group's `most` best items, those of 0 left out. scores: (items,)."""
    items = np.flatnonzero((codes >= 0) & (scores > 0))
    shape = (int(codes.max(initial=-1)) + 1, len(codes))
    matrix = csr_matrix((scores[items].astype(np.float32), (codes[items], items)), shape=shape)
    lists = by_blocks(lambda groups: sparse_top(matrix[groups], most), np.arange(shape[0]), 1, num_threads=1)
    return csr_matrix((lists.scores, lists.items, lists.offsets), shape=shape)


def narrow_groups(groups: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Those with two known values or more: a group of which all items are says nothing."""
    known = {name: codes[codes >= 0] for name, codes in groups.items()}
    return {name: groups[name] for name, codes in known.items() if len(codes) and codes.min() < codes.max()}

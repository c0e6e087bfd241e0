"""Diversity by a determinantal point process: of all lists the one whose items are relevant and span the most.

Chen, Zhang and Zhou, Fast greedy MAP inference for determinantal point process to improve recommendation diversity,
NeurIPS 2018, arXiv:1709.05135: each place goes to what raises the log-determinant most, by an incremental Cholesky
factorisation.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.rerank.base import Rule, Step
from models.rerank.block import Block
from models.rerank.night import Night
from models.rerank.similarity import Similarity, SimilarityConfig, to_picked

OWN = np.float32(0.1)  # of an item that makes it unlike all others, so that no kernel is singular
USERS = 64  # at a time: their factors stay in the processor's cache


class DppConfig(Settings):
    """theta: as in the paper, 1 leaves the order as it is, 0 minds diversity alone. places: how many first places are
    filled so. pool: from how many of the best.
    """

    theta: float = Field(0.7, ge=0, le=1)
    places: int = Field(20, ge=1, le=1000)
    pool: int = Field(200, ge=1)
    similarity: SimilarityConfig = SimilarityConfig()


class Dpp(Rule[DppConfig]):
    """Relevance falls evenly from 1 at the first place to 0 behind the pool. Of equals the one that stood first comes
    first.
    """

    name: ClassVar[str] = "dpp"
    step: ClassVar[Step] = Step.ARRANGE
    Config: ClassVar[type[DppConfig]] = DppConfig

    def __init__(self, config: DppConfig, night: Night) -> None:
        super().__init__(config, night)
        self._similarity = Similarity(config.similarity, night)

    def apply(self, block: Block) -> Block:
        if self._similarity.is_blind or not len(block.items):
            return block
        index, used = block.head(self.config.pool)
        tables = self._similarity.tables(block.items[index], used)
        parts = [slice(start, start + USERS) for start in range(0, len(block), USERS)]
        picks = [self._picks([(weight, codes[part]) for weight, codes in tables], used[part]) for part in parts]
        return block.fronted(index, used, np.concatenate(picks))

    def _picks(self, tables: list[tuple[np.float32, np.ndarray]], used: np.ndarray) -> np.ndarray:
        """(n, places) columns in the order of picking, -1 where a row has no more."""
        theta, (n, width) = np.float32(self.config.theta), used.shape
        rows, places = np.arange(n), min(self.config.places, width)
        relevance = theta * (1 - np.arange(width, dtype=np.float32) / np.float32(self.config.pool))
        left = np.where(used, relevance, np.float32(-np.inf))
        gains = np.ones((n, width), np.float32)  # what each item would add, squared: `d` of the paper
        factors = np.zeros((n, places, width), np.float32)  # rows of the Cholesky factor: `c` of the paper
        picks = np.full((n, places), -1)
        for place in range(places):
            best = np.argmax(left + (1 - theta) * np.log(gains), axis=1)
            found = np.isfinite(left[rows, best])
            picks[found, place] = best[found]
            left[rows, best] = -np.inf
            above = factors[:, :place]
            # Not a BLAS product, whose rounding could differ with the other users of a block.
            known = np.einsum("np,npw->nw", above[rows, :, best], above, optimize=False)
            shared = (1 - OWN) * to_picked(tables, best) - known
            factors[:, place] = shared / np.sqrt(gains[rows, best])[:, None]
            gains = np.maximum(gains - factors[:, place] ** 2, np.finfo(np.float32).tiny)
        return picks

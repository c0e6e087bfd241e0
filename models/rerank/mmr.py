"""Maximal marginal relevance: each place goes to what is relevant and unlike what stands above.

Carbonell and Goldstein, The use of MMR, diversity-based reranking for reordering documents and producing summaries,
SIGIR 1998, doi:10.1145/290941.291025.
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


class MmrConfig(Settings):
    """relevance: the paper's lambda; 1 leaves the order as it is, 0 minds diversity alone. places: how many first
    places are filled so. pool: from how many of the best.
    """

    relevance: float = Field(0.7, ge=0, le=1)
    places: int = Field(20, ge=1, le=1000)
    pool: int = Field(200, ge=1)
    similarity: SimilarityConfig = SimilarityConfig()


class Mmr(Rule[MmrConfig]):
    """Relevance falls evenly from 1 at the first place to 0 behind the pool, since scores of rankers and channels
    differ in kind. Of equals the one that stood first comes first.
    """

    name: ClassVar[str] = "mmr"
    step: ClassVar[Step] = Step.ARRANGE
    Config: ClassVar[type[MmrConfig]] = MmrConfig

    def __init__(self, config: MmrConfig, night: Night) -> None:
        super().__init__(config, night)
        self._similarity = Similarity(config.similarity, night)

    def apply(self, block: Block) -> Block:
        if self._similarity.is_blind or not len(block.items):
            return block
        index, used = block.head(self.config.pool)
        tables = self._similarity.tables(block.items[index], used)
        weight, rows = np.float32(self.config.relevance), np.arange(len(block))
        relevance = weight * (1 - np.arange(used.shape[1], dtype=np.float32) / np.float32(self.config.pool))
        nearest = np.zeros(used.shape, np.float32)
        left = np.where(used, relevance, np.float32(-np.inf))
        picks = np.full((len(block), min(self.config.places, used.shape[1])), -1)
        for place in range(picks.shape[1]):
            best = np.argmax(left - (1 - weight) * nearest, axis=1)
            found = np.isfinite(left[rows, best])
            picks[found, place] = best[found]
            left[rows, best] = -np.inf
            np.maximum(nearest, to_picked(tables, best), out=nearest)
        return block.fronted(index, used, picks)

"""Implicit-feedback matrix factorisation: users and items as vectors whose product is the preference."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.recall.base import Channel, ChannelConfig
from models.recall.ragged import empty_lists
from models.recall.topk import by_blocks, dense_candidates, ragged_top
from models.types import Catalogue, Interactions, Lists


class ALSConfig(ChannelConfig):
    """Names and meanings as in `implicit.als.AlternatingLeastSquares`: the confidence in a positive is alpha x weight.

    half_life_days: days after which a weight counts half; `inf` for no decay. most_items: of a user's items, those of
    the most decayed weight; the rest counts as not taken. num_threads: 0 for one per core.
    backend: who solves: "implicit", on this machine, or "spark", Spark MLlib on a cluster, with `regParam` instead of
    the regularization (there it is multiplied with the number of entries of a user or an item) and `numBlocks` tasks.
    """

    backend: Literal["implicit", "spark"] = "implicit"
    factors: int = Field(64, ge=1, le=1024)
    regularization: float = Field(50.0, ge=0, allow_inf_nan=False)
    alpha: float = Field(5.0, gt=0, allow_inf_nan=False)
    iterations: int = Field(15, ge=1, le=200)
    half_life_days: float = Field(60.0, gt=0)
    most_items: int = Field(100, ge=1)
    num_threads: int = Field(0, ge=0)
    regParam: float = Field(0.1, ge=0, allow_inf_nan=False)
    numBlocks: int = Field(10, ge=1)


class ALS(Channel[ALSConfig]):
    """Inner products of factors learnt by alternating least squares; users without interactions get no items.

    Source: Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008,
    DOI 10.1109/ICDM.2008.22, as solved by conjugate gradients in the library `implicit`, or by Spark MLlib.
    """

    name: ClassVar[str] = "als"
    Config: ClassVar[type[ALSConfig]] = ALSConfig

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:  # noqa: ARG002
        weights = interactions.matrix(self.config.half_life_days, self.config.most_items)
        self._active = np.diff(weights.indptr) > 0
        if weights.nnz:
            self._factorise(weights)

    @property
    def uses_spark(self) -> bool:
        return self.config.backend == "spark"

    def _factorise(self, weights: csr_matrix) -> None:
        solve = self._solve_by_spark if self.uses_spark else self._solve
        self._user_factors, self._item_factors = solve(weights)
        longest = np.linalg.norm(self._item_factors, axis=1).max(initial=0)
        # An inner product is off by at most its length x half an epsilon x both norms; twice and to spare.
        self._rounding = np.float32(2 * self.config.factors * np.finfo(np.float32).eps * longest)

    def _solve_by_spark(self, weights: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        from models.recall.als_spark import solve

        config = self.config
        return solve(
            weights,
            factors=config.factors,
            regParam=config.regParam,
            alpha=config.alpha,
            iterations=config.iterations,
            numBlocks=config.numBlocks,
            seed=self.seed,
        )

    def _solve(self, weights: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """User factors (users, factors) and item factors (items, factors), float32."""
        from implicit.cpu.als import AlternatingLeastSquares

        # One BLAS thread, as the library asks: each row is solved by itself, so num_threads doesn't change the result.
        with threadpool_limits(1, user_api="blas"):
            model = AlternatingLeastSquares(
                factors=self.config.factors,
                regularization=self.config.regularization,
                alpha=self.config.alpha,
                iterations=self.config.iterations,
                num_threads=self.config.num_threads,
                random_state=self.seed,
            )
            model.fit(weights, show_progress=False)
        return model.user_factors, model.item_factors

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        if not self._active.any():
            return empty_lists(len(users))
        n_items = len(self._item_factors)

        def top(block: np.ndarray) -> Lists:
            factors = self._user_factors[block] * self._active[block, None]
            scores = factors @ self._item_factors.T
            scores[self._seen_entries(block)] = -np.inf
            # BLAS rounds by a row's place in its block; so it only nominates, and the sums that count are made here.
            slack = np.linalg.norm(factors, axis=1) * self._rounding
            items, counts = dense_candidates(scores, k, slack)
            rows = np.repeat(np.arange(len(block)), counts)
            exact = np.einsum("ij,ij->i", factors[rows], self._item_factors[items], dtype=np.float64)
            exact[exact <= slack[rows]] = 0  # no more than rounding could make of nothing
            return ragged_top(items, exact, counts, k)

        with threadpool_limits(1, user_api="blas"):
            return by_blocks(top, users, n_items, self.config.num_threads)

"""What the trees make of each feature: its share of their gain, and what they lose without it.

Source of permutation importance: Breiman, Random Forests, Machine Learning 2001, DOI 10.1023/A:1010933404324.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np
from scipy.special import expit

from models.rank.base import EDGE, Samples
from models.rank.trees import raw_scores
from models.select.noise import mean_and_error
from models.select.sample import user_groups


def gain_shares(booster: lightgbm.Booster) -> np.ndarray:
    """(f,) float64 that add up to 1, or all 0 when the trees don't split."""
    gains = booster.feature_importance("gain").astype(np.float64)
    return gains / max(gains.sum(), np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Shuffler:
    """Fitted trees and samples that they haven't seen; what shuffling the values of features costs there.

    users: (n,) the user of a sample. Every feature is shuffled by the same permutations, whatever else is shuffled.
    """

    booster: lightgbm.Booster
    judge: Samples
    users: np.ndarray
    repeats: int
    seed: int
    num_threads: int = 0

    def losses(self) -> list[tuple[float, float]]:
        """Per feature by how much the weighted log loss (nats) rises, and the standard error of that over users.

        A feature that the trees don't use costs exactly 0.
        """
        used = self.booster.feature_importance("split") > 0
        return [self.loss([column]) if used[column] else (0.0, 0.0) for column in range(len(used))]

    def loss(self, columns: Sequence[int]) -> tuple[float, float]:
        """The same for features that are shuffled together: their values stay side by side."""
        rise = np.zeros(len(self.users))
        for order in self._permutations:
            self._scratch[:, columns] = self.judge.X[:, columns][order]
            rise += self._log_loss(self._scratch) - self._base
        self._scratch[:, columns] = self.judge.X[:, columns]
        return mean_and_error(rise / self.repeats, self.judge.weight.astype(np.float64), self._groups)

    @cached_property
    def _permutations(self) -> list[np.ndarray]:
        random = np.random.default_rng(self.seed)
        return [random.permutation(len(self.users)) for _ in range(self.repeats)]

    @cached_property
    def _scratch(self) -> np.ndarray:
        return self.judge.X.copy()

    @cached_property
    def _base(self) -> np.ndarray:
        return self._log_loss(self.judge.X)

    @cached_property
    def _groups(self) -> np.ndarray:
        return user_groups(self.users, self.seed)

    def _log_loss(self, X: np.ndarray) -> np.ndarray:
        """(n,) nats."""
        p = np.clip(expit(raw_scores(self.booster, X, self.num_threads)), EDGE, 1 - EDGE)
        return -(self.judge.y * np.log(p) + (1 - self.judge.y) * np.log1p(-p))

"""Logistic regression on the features themselves: the peer that shows what the trees add."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit

from models.rank.base import Ranker, Samples, read_json, write_json
from models.rank.codes import CodeConfig, Codes, fit_codes
from models.rank.linear import LR_FILE, fit_logistic
from models.rank.steps import Steps, fit_steps, level_design, missing_design, step_scores


class LrConfig(CodeConfig):
    """C: scikit-learn's inverse penalty of a sum over rows, whose weights have a mean of 1."""

    C: float = Field(default=1e-2, gt=0)


@dataclass(frozen=True)
class Columns:
    """What a linear model makes of features: steps, one a feature, and codes."""

    steps: list[Steps]
    codes: Codes

    @property
    def width(self) -> int:
        return 2 * len(self.steps) + self.codes.width

    def blocks(self, X: np.ndarray) -> list[np.ndarray | csr_matrix]:
        """Side by side the design, (n, width) float64: every feature's level, 0 where missing, dense; 1 where it is
        missing, and ids and crosses, sparse.
        """
        return [level_design(X, self.steps), missing_design(X), self.codes.design(X)]

    def design(self, X: np.ndarray) -> csr_matrix:
        """The blocks as one sparse matrix."""
        return hstack([csr_matrix(block) for block in self.blocks(X)], format="csr")


def fit_columns(samples: Samples, config: CodeConfig) -> Columns:
    return Columns([fit_steps(column) for column in samples.X.T], fit_codes(samples.X, samples.names, config))


@dataclass(frozen=True)
class LinearModel:
    """Score (logit) = intercept + the design of `columns` times `weights`.

    A missing value counts as the mean and moves the score by a weight of its own.
    """

    intercept: float
    columns: Columns
    weights: list[float]

    @property
    def tables(self) -> list[np.ndarray]:
        """What each step of each feature adds to the score."""
        count = len(self.columns.steps)
        parts = zip(self.columns.steps, self.weights[:count], self.weights[count : 2 * count], strict=True)
        return [steps.table(weight, missing) for steps, weight, missing in parts]

    def code_scores(self, X: np.ndarray) -> np.ndarray:
        """(n,) float64: what ids and crosses add to the score."""
        return self.columns.codes.design(X) @ np.array(self.weights[2 * len(self.columns.steps) :])

    def scores(self, X: np.ndarray) -> np.ndarray:
        """(n,) float64: logits."""
        return self.intercept + step_scores(X, self.columns.steps, self.tables) + self.code_scores(X)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> LinearModel:
        """From what `asdict` made."""
        columns = record["columns"]
        steps, codes = [Steps(**one) for one in columns["steps"]], Codes(**columns["codes"])
        return cls(record["intercept"], Columns(steps, codes), record["weights"])


class Lr(Ranker[LrConfig]):
    """Regression on all folds. Files: lr.json, a LinearModel; ranker.json. Deterministic without the seed."""

    kind = "lr"
    Config = LrConfig

    _model: LinearModel

    def _fit(self, samples: Samples) -> None:
        columns = fit_columns(samples, self.config)
        weights, intercept = fit_logistic(columns.blocks(samples.X), samples.y, samples.weight, C=self.config.C)
        self._model = LinearModel(intercept, columns, weights.tolist())

    def _predict(self, X: np.ndarray) -> np.ndarray:
        return expit(self._model.scores(X))

    def _save(self, folder: Path) -> None:
        write_json(folder / LR_FILE, asdict(self._model))

    def _load(self, folder: Path) -> None:
        self._model = LinearModel.from_record(read_json(folder / LR_FILE))

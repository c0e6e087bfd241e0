"""Logistic regression on the features themselves: the peer that shows what the trees add."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import Field
from scipy.special import expit

from features.settings import Settings
from models.rank.base import Ranker, Samples, read_json, write_json
from models.rank.linear import LR_FILE, fit_logistic, split_labels

MOST_DEVIATIONS = 20.0  # standardised values end here, so that one wild value can't outvote all other features


class LrConfig(Settings):
    """C: scikit-learn's inverse penalty."""

    C: float = Field(default=0.1, gt=0)


@dataclass(frozen=True)
class LinearModel:
    """One number a feature in every list, in the order of the feature names.

    Score (logit) = intercept + sum of weights * (x - means) / scales over present values + sum of missing_weights over
    missing ones: a missing value counts as the mean and moves the score by its own weight. (x - means) / scales is cut
    to +-MOST_DEVIATIONS.
    """

    intercept: float
    means: list[float]
    scales: list[float]
    weights: list[float]
    missing_weights: list[float]


def standardise(X: np.ndarray, means: list[float], scales: list[float]) -> np.ndarray:
    """(n, 2 f) float32: standardised features with 0 for missing ones, then 1 where missing. X: (n, f) float32."""
    width = X.shape[1]
    design = np.empty((len(X), 2 * width), np.float32)
    np.isnan(X, out=design[:, width:], casting="unsafe")
    deviations = (X - np.array(means)) / np.array(scales)
    design[:, :width] = np.nan_to_num(deviations.clip(-MOST_DEVIATIONS, MOST_DEVIATIONS), nan=0.0)
    return design


class Lr(Ranker[LrConfig]):
    """Regression on all folds. Files: lr.json, a LinearModel; ranker.json. Deterministic without the seed."""

    kind = "lr"
    Config = LrConfig

    _model: LinearModel

    def _fit(self, samples: Samples) -> None:
        means, scales = zip(*(_centre_and_scale(column) for column in samples.X.T), strict=True)
        rows, labels, weights = split_labels(samples.y, samples.weight)
        design = standardise(samples.X[rows], list(means), list(scales))
        coefficients, intercept = fit_logistic(design, labels, weights, C=self.config.C)
        present, missing = np.split(coefficients, 2)
        self._model = LinearModel(intercept, list(means), list(scales), present.tolist(), missing.tolist())

    def _predict(self, X: np.ndarray) -> np.ndarray:
        model = self._model
        design = standardise(X, model.means, model.scales)
        logit = np.full(len(X), model.intercept)
        # Column by column: a matrix product may add up in an order that depends on a row's place in the block.
        for column, weight in zip(design.T, [*model.weights, *model.missing_weights], strict=True):
            logit += column * np.float64(weight)
        return expit(logit)

    def _save(self, folder: Path) -> None:
        write_json(folder / LR_FILE, asdict(self._model))

    def _load(self, folder: Path) -> None:
        self._model = LinearModel(**read_json(folder / LR_FILE))


def _centre_and_scale(column: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the present values; 0 and 1 where there are none, 1 for a constant."""
    present = column[~np.isnan(column)].astype(np.float64)
    if not len(present):
        return 0.0, 1.0
    return float(present.mean()), float(present.std()) or 1.0

"""Factorization machine: a logistic regression whose columns also meet in pairs, a pair's weight a product of vectors.

Source: Rendle, Factorization Machines, ICDM 2010, DOI 10.1109/ICDM.2010.127; steps by Kingma and Ba, Adam, ICLR 2015.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from scipy.special import expit
from threadpoolctl import threadpool_limits

from models.rank.base import Ranker, Samples, read_json, write_json
from models.rank.linear import fit_logistic
from models.rank.lr import LinearModel, LrConfig, fit_columns
from models.rank.metrics import held_out
from models.rank.trees import held_out_rows

FM_FILE = "fm.json"
DECAYS, SMALL = (0.9, 0.999), 1e-8  # Adam's, as published
SPREAD = 0.05  # deviation of the vectors at the start; from 0 they would never leave it


class FmConfig(LrConfig):
    """Where it starts is the logistic regression of the same settings. factors: length of a vector. l2: penalty on the
    vectors, of a mean over rows. held_out: share of the lists that decides which epoch is kept.
    """

    factors: int = Field(default=8, ge=1)
    epochs: int = Field(default=15, ge=1)
    batch_rows: int = Field(default=2048, ge=1)
    learning_rate: float = Field(default=0.005, gt=0)
    l2: float = Field(default=1e-3, ge=0)
    held_out: float = Field(default=0.1, gt=0, lt=1)


@dataclass(frozen=True)
class Machine:
    """Score (logit) = that of `linear` + sum over pairs of columns of x_i * x_j * (vectors_i . vectors_j).

    vectors: one list of `factors` numbers a column of the linear model's design: levels, missing, ids and crosses.
    """

    linear: LinearModel
    vectors: list[list[float]]


def pair_scores(design: csr_matrix, vectors: np.ndarray) -> np.ndarray:
    """(n,): half of the squared sum less the summed squares, so a row costs its columns once, not its pairs.

    The design is sparse: a dense product may add up in an order that depends on a row's place in the block.
    """
    sums, squares = design @ vectors, design.multiply(design).tocsr() @ vectors**2
    return 0.5 * (sums**2 - squares).sum(axis=1)


class Fm(Ranker[FmConfig]):
    """Files: fm.json, a Machine; ranker.json."""

    kind = "fm"
    Config = FmConfig

    _machine: Machine

    def _fit(self, samples: Samples) -> None:
        out = held_out_rows(samples, self.config.held_out, self.seed)
        columns = fit_columns(samples, self.config)
        design = columns.design(samples.X)
        weight = samples.weight.astype(np.float64) / samples.weight.mean(dtype=np.float64)
        start = fit_logistic(design, samples.y, weight, C=self.config.C)
        with threadpool_limits(1):
            weights, vectors, intercept = _descend(design, samples.y, weight, out, start, self.config, self.seed)
        self._machine = Machine(LinearModel(float(intercept), columns, weights.tolist()), vectors.tolist())
        judge = samples.where(out)
        self.metrics = held_out(judge.y, self._predict(judge.X), judge.weight)

    def _predict(self, X: np.ndarray) -> np.ndarray:
        linear = self._machine.linear
        return expit(linear.scores(X) + pair_scores(linear.columns.design(X), np.array(self._machine.vectors)))

    def _save(self, folder: Path) -> None:
        write_json(folder / FM_FILE, asdict(self._machine))

    def _load(self, folder: Path) -> None:
        record = read_json(folder / FM_FILE)
        self._machine = Machine(LinearModel.from_record(record["linear"]), record["vectors"])


def _descend(
    design: csr_matrix,
    y: np.ndarray,
    weight: np.ndarray,
    out: np.ndarray,
    start: tuple[np.ndarray, float],
    config: FmConfig,
    seed: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights (columns,), vectors (columns, factors) and intercept () of the epoch with the least loss on `out`.

    The start counts as an epoch, without vectors: what helps nobody held out isn't learned.
    """
    random = np.random.default_rng(seed)
    linear, intercept = start
    vectors = random.normal(scale=SPREAD, size=(design.shape[1], config.factors))
    parameters = [linear.copy(), vectors, np.array(intercept)]
    moments = [(np.zeros_like(values), np.zeros_like(values)) for values in parameters]
    judge, rest, step = design[out], np.flatnonzero(~out), 0
    least = _loss(judge @ linear + intercept, y[out], weight[out])
    best = [linear, np.zeros_like(vectors), np.array(intercept)]
    penalties = (1 / (config.C * design.shape[0]), config.l2, 0.0)
    for _ in range(config.epochs):
        order = random.permutation(rest)
        for begin in range(0, len(order), config.batch_rows):
            rows, step = order[begin : begin + config.batch_rows], step + 1
            gradients = _gradients(design[rows], y[rows], weight[rows], parameters, penalties)
            for values, gradient, (mean, square) in zip(parameters, gradients, moments, strict=True):
                mean += (1 - DECAYS[0]) * (gradient - mean)
                square += (1 - DECAYS[1]) * (gradient**2 - square)
                rate = config.learning_rate * np.sqrt(1 - DECAYS[1] ** step) / (1 - DECAYS[0] ** step)
                values -= rate * mean / (np.sqrt(square) + SMALL)
        loss = _loss(judge @ parameters[0] + parameters[2] + pair_scores(judge, parameters[1]), y[out], weight[out])
        if loss < least:
            least, best = loss, [values.copy() for values in parameters]
    weights, vectors, intercept_ = best
    return weights, vectors, intercept_


def _gradients(
    design: csr_matrix,
    y: np.ndarray,
    weight: np.ndarray,
    parameters: list[np.ndarray],
    penalties: tuple[float, float, float],
) -> list[np.ndarray]:
    """Of the mean loss and its penalties, for weights, vectors and intercept."""
    weights, vectors, intercept = parameters
    squared = design.multiply(design).tocsr()
    sums = design @ vectors
    logit = design @ weights + intercept + 0.5 * (sums**2 - squared @ vectors**2).sum(axis=1)
    residual = weight * (expit(logit) - y) / len(y)
    of_vectors = design.T @ (residual[:, np.newaxis] * sums) - (squared.T @ residual)[:, np.newaxis] * vectors
    gradients = [design.T @ residual, of_vectors, residual.sum()]
    return [gradient + l2 * values for gradient, values, l2 in zip(gradients, parameters, penalties, strict=True)]


def _loss(logit: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Nats a row of weight 1."""
    return float((weight * (np.logaddexp(0, logit) - y * logit)).sum() / weight.sum())

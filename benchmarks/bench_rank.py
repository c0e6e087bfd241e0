"""Scoring GBDT+LR: the regression folded into the trees' leaves, against leaves -> one-hot -> scikit-learn.

Run: python -m benchmarks.bench_rank. Synthetic samples, 40 features, 100 trees of 31 leaves; both sides score the same
rows with the same threads in the same process, alternating, and the best round of each counts. The last line is JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from models.rank import trees
from models.rank.gbdt_lr import LOGIT_SCALE, GbdtLr, GbdtLrConfig, leaf_design

FEATURES, TREES, LEAVES = 40, 100, 31
FIT_ROWS, SCORED_ROWS, ROUNDS = 30_000, 100_000, 3
CHUNK = 20_000  # rows that the one-hot side holds in memory at once
THREADS = 2
SEED = 1


def samples(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """X: (rows, 40) float32, a fifth missing. y: (rows,) of 0 and 1, from crosses and steps of a dozen features."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, FEATURES)).astype(np.float32)
    logit = X[:, 0] * X[:, 1] + np.sin(3 * X[:, 2]) + (X[:, 3:12] > 0.5).sum(axis=1) * 0.4 - 3
    y = (random.random(rows) < expit(logit)).astype(np.float64)
    X[random.random(X.shape) < 0.2] = np.nan
    return X, y


def fit() -> GbdtLr:
    X, y = samples(FIT_ROWS, SEED)
    config = GbdtLrConfig(
        num_iterations=TREES, early_stopping_round=TREES, num_leaves=LEAVES, num_threads=THREADS, learning_rate=0.02
    )
    fold = (np.arange(FIT_ROWS) >= FIT_ROWS * 3 // 4).astype(np.int32)
    return GbdtLr(config, seed=SEED).fit(X, y, np.ones(FIT_ROWS), fold, [f"f{i}" for i in range(FEATURES)])


def one_hot_scorer(ranker: GbdtLr) -> Callable[[np.ndarray], np.ndarray]:
    """The textbook pipeline with its own trees and a scikit-learn model, in chunks that fit in memory."""
    regression = ranker._regression
    values = [np.array(outputs) for outputs in regression.tree_leaf_values]
    booster = trees.with_leaf_values(ranker._booster, values)
    model = LogisticRegression()
    model.classes_ = np.array([0.0, 1.0])
    model.coef_ = np.array([[*np.concatenate(regression.leaf_weights), regression.logit_weight / LOGIT_SCALE]])
    model.intercept_ = np.array([regression.intercept])

    def score(X: np.ndarray) -> np.ndarray:
        return model.predict_proba(leaf_design(trees.leaf_indices(booster, X, THREADS), values))[:, 1]

    return lambda X: np.concatenate([score(X[start : start + CHUNK]) for start in range(0, len(X), CHUNK)])


def seconds(score: Callable[[np.ndarray], np.ndarray], X: np.ndarray) -> float:
    start = time.perf_counter()
    score(X)
    return time.perf_counter() - start


def main() -> None:
    ranker = fit()
    counts = [len(outputs) for outputs in ranker._regression.tree_leaf_values]
    X, _ = samples(SCORED_ROWS, SEED + 1)
    sides = {"folded": ranker.predict, "one_hot": one_hot_scorer(ranker)}
    difference = float(np.abs(sides["folded"](X) - sides["one_hot"](X)).max())
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(ROUNDS):
        for name, score in sides.items():
            best[name] = min(best[name], seconds(score, X))
    speed = {name: SCORED_ROWS / value for name, value in best.items()}
    ratio = speed["folded"] / speed["one_hot"]
    print(f"{len(counts)} trees, {max(counts)} leaves, {FEATURES} features, {SCORED_ROWS:,} rows, {THREADS} threads")
    print(f"folded into the trees      {speed['folded']:>12,.0f} rows/s")
    print(f"leaves -> one-hot -> LR    {speed['one_hot']:>12,.0f} rows/s")
    print(f"ratio {ratio:.2f}, largest difference of a probability {difference:.1e}")
    record = {
        "benchmark": "rank",
        "rows": SCORED_ROWS,
        "trees": len(counts),
        "features": FEATURES,
        "folded_rows_per_s": round(speed["folded"]),
        "one_hot_rows_per_s": round(speed["one_hot"]),
        "ratio": round(ratio, 3),
        "max_abs_difference": difference,
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()

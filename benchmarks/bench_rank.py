"""The rankers on one data set, and what scoring GBDT+LR costs with the regression folded into the trees.

Run: python -m benchmarks.bench_rank. Synthetic lists of 20, 40 features and two ids. Both ways of scoring take the same
rows with the same threads in the same process, alternating, and the best round of each counts; the other way is leaves
-> one-hot -> scikit-learn. The last line is JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from models.rank import load_ranker, trees
from models.rank.base import Ranker
from models.rank.gbdt_lr import GbdtLr, leaf_design
from models.rank.metrics import auc, gauc, normalised_entropy

FEATURES, LIST = 40, 20
NAMES = (*(f"f{number}" for number in range(FEATURES)), "city", "hour")
CITIES, HOURS = 50, 8
FIT_ROWS, SCORED_ROWS, ROUNDS = 40_000, 100_000, 3
CHUNK = 20_000  # rows that the one-hot side holds in memory at once
THREADS = 1  # more would wait for each other on a busy machine, and both sides alike
SEED = 1
CODES: dict[str, Any] = {"ids": ["city", "hour"], "crosses": [["city", "hour"]]}
TREES: dict[str, Any] = {"num_threads": THREADS, "num_iterations": 100}
RANKERS: dict[str, dict[str, Any]] = {"lr": CODES, "fm": CODES, "gbdt": TREES, "gbdt_lr": {**TREES, **CODES}}


def samples(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X: (rows, 42) float32, a fifth of the numbers missing. y: (rows,) of 0 and 1, from a cross, waves, lines and
    steps of the numbers, and from which cities like which hours. group: (rows,) the list.
    """
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, FEATURES + 2)).astype(np.float32)
    X[:, -2], X[:, -1] = random.integers(0, CITIES, rows), random.integers(0, HOURS, rows)
    likes = np.random.default_rng(SEED).normal(size=(CITIES, HOURS))[X[:, -2].astype(int), X[:, -1].astype(int)]
    logit = X[:, 0] * X[:, 1] + np.sin(3 * X[:, 2]) + X[:, 3:8].sum(axis=1) / 4
    logit += (X[:, 8:14] > 0.5).sum(axis=1) * 0.4 + likes - 3
    y = (random.random(rows) < expit(logit)).astype(np.float64)
    X[:, :FEATURES][random.random((rows, FEATURES)) < 0.2] = np.nan
    return X, y, np.arange(rows) // LIST


def fit(name: str) -> tuple[Ranker[Any], float]:
    """The ranker and the seconds that it took."""
    X, y, group = samples(FIT_ROWS, SEED)
    ranker = load_ranker(name)
    start = time.perf_counter()
    fitted = ranker(ranker.Config(**RANKERS[name]), seed=SEED).fit(
        X, y, np.ones(FIT_ROWS), np.zeros(FIT_ROWS, np.int32), NAMES, group
    )
    return fitted, time.perf_counter() - start


def one_hot_scorer(ranker: GbdtLr) -> Callable[[np.ndarray], np.ndarray]:
    """The textbook pipeline on the same trees: leaves, levels and codes as columns, a scikit-learn model on them."""
    correction = ranker._correction
    values = [tree for forest in correction.tree_leaf_values for tree in forest]
    counts, linear = [len(outputs) for outputs in values], correction.linear
    model = LogisticRegression()
    model.classes_ = np.array([0.0, 1.0])
    weights = np.concatenate(correction.folded()[: len(counts)])  # the leaves' weights, the trees' own logit included
    model.coef_, model.intercept_ = np.array([[*weights, *linear.weights]]), np.zeros(1)

    def score(X: np.ndarray) -> np.ndarray:
        leaves = trees.leaf_indices(ranker._booster, X, THREADS)[:, : len(counts)]
        design = hstack([leaf_design(leaves, counts), linear.columns.design(X)], format="csr")
        return model.predict_proba(csr_matrix(design))[:, 1]

    return lambda X: np.concatenate([score(X[start : start + CHUNK]) for start in range(0, len(X), CHUNK)])


def seconds(score: Callable[[np.ndarray], np.ndarray], X: np.ndarray) -> float:
    start = time.perf_counter()
    score(X)
    return time.perf_counter() - start


def main() -> None:
    X, y, group = samples(SCORED_ROWS, SEED + 1)
    record: dict[str, Any] = {"benchmark": "rank", "rows": SCORED_ROWS, "features": len(NAMES), "threads": THREADS}
    print(f"{len(NAMES)} features, {FIT_ROWS:,} rows to fit, {SCORED_ROWS:,} rows to score, {THREADS} threads")
    print(f"{'':9}{'AUC':>8}{'GAUC':>8}{'NE':>8}{'fit s':>8}{'rows/s':>12}")
    for name in RANKERS:
        ranker, took = fit(name)
        p = ranker.predict(X)
        speed = SCORED_ROWS / min(seconds(ranker.predict, X) for _ in range(ROUNDS))
        found = {"auc": auc(y, p), "gauc": gauc(y, p, group), "ne": normalised_entropy(y, p)}
        record[name] = {key: round(value, 5) for key, value in found.items()} | {"rows_per_s": round(speed)}
        print(f"{name:9}" + "".join(f"{value:8.4f}" for value in found.values()) + f"{took:8.1f}{speed:12,.0f}")
    assert isinstance(ranker, GbdtLr)
    sides = {"folded": ranker.predict, "one_hot": one_hot_scorer(ranker)}
    difference = float(np.abs(sides["folded"](X) - sides["one_hot"](X)).max())
    best = {name: float("inf") for name in sides}
    for _ in range(ROUNDS):
        for name, score in sides.items():
            best[name] = min(best[name], seconds(score, X))
    speeds = {name: SCORED_ROWS / value for name, value in best.items()}
    ratio = speeds["folded"] / speeds["one_hot"]
    print(f"gbdt_lr: {ranker._booster.num_trees()} trees, {sum(ranker._correction.forests)} of them forests")
    print(f"folded into the trees      {speeds['folded']:>12,.0f} rows/s")
    print(f"leaves -> one-hot -> LR    {speeds['one_hot']:>12,.0f} rows/s")
    print(f"ratio {ratio:.2f}, largest difference of a probability {difference:.1e}")
    record |= {f"{name}_rows_per_s": round(value) for name, value in speeds.items()}
    print(json.dumps({**record, "ratio": round(ratio, 3), "max_abs_difference": difference}))


if __name__ == "__main__":
    main()

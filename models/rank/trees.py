"""Boosted trees by LightGBM: how they are fitted, written as plain text and asked for scores.

Source: Ke et al., LightGBM, NeurIPS 2017. Features are numeric. A missing value (NaN) takes its own learned side of a
split where the feature was missing in training; where it never was, LightGBM treats a missing value as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.lazy import lightgbm
from models.rank.base import Samples

TREES_FILE = "trees.txt"
HELD_OUT_RUNS = 200  # rows are held out in up to this many runs of neighbours: most users stay on one side, whole
LEAF_VALUES = "leaf_value="
PARAMETERS = "\nparameters:", "end of parameters"


class TreeConfig(Settings):
    """LightGBM's parameters, by its names. `held_out` is the share of rows that only decides when to stop."""

    learning_rate: float = Field(default=0.05, gt=0, le=1)
    num_leaves: int = Field(default=31, ge=2)
    num_iterations: int = Field(default=300, ge=1)
    early_stopping_round: int = Field(default=20, ge=1)
    min_data_in_leaf: int = Field(default=50, ge=1)
    held_out: float = Field(default=0.1, gt=0, lt=1)
    num_threads: int = Field(default=0, ge=0)  # 0: all cores; the trees are the same for any number


def fit_trees(samples: Samples, config: TreeConfig, seed: int) -> lightgbm.Booster:
    """Trees whose summed leaves are the logit of P(label = 1); the average label's logit is part of the first tree.

    The objective `cross_entropy` is LightGBM's binary log loss that takes fractional labels too. Training stops when
    the held-out rows have not improved for `early_stopping_round` trees; the best number of trees is kept.
    """
    out = held_out_rows(len(samples.y), config.held_out, seed)
    rest, judge = samples.where(~out), samples.where(out)
    parameters: dict[str, Any] = {
        **config.model_dump(include={"learning_rate", "num_leaves", "min_data_in_leaf", "num_threads"}),
        "objective": "cross_entropy",
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    train = lightgbm.Dataset(rest.X, rest.y, weight=rest.weight, feature_name=list(samples.names))
    booster = lightgbm.train(
        parameters,
        train,
        num_boost_round=config.num_iterations,
        valid_sets=[train.create_valid(judge.X, judge.y, weight=judge.weight)],
        callbacks=[lightgbm.early_stopping(config.early_stopping_round, verbose=False)],
    )
    return lightgbm.Booster(model_str=_without_parameters(booster.model_to_string()))


def held_out_rows(rows: int, share: float, seed: int) -> np.ndarray:
    """(rows,) bool: runs of neighbouring rows drawn at random, at least one run, never all rows.

    Raises ValueError for fewer than two rows.
    """
    if rows < 2:
        raise ValueError(f"trees need at least two rows, got {rows}.")
    runs = min(HELD_OUT_RUNS, rows)
    chosen = np.zeros(runs, dtype=bool)
    count = min(max(1, round(runs * share)), runs - 1)
    chosen[np.random.default_rng(seed).choice(runs, count, replace=False)] = True
    return chosen[np.arange(rows, dtype=np.int64) * runs // rows]


def raw_scores(booster: lightgbm.Booster, X: np.ndarray, num_threads: int) -> np.ndarray:
    """(n,) float64: the sum of each row's leaves."""
    return np.asarray(booster.predict(X, raw_score=True, num_threads=num_threads))


def leaf_indices(booster: lightgbm.Booster, X: np.ndarray, num_threads: int) -> np.ndarray:
    """(n, trees) int32: the leaf of each tree that a row falls into."""
    leaves = np.asarray(booster.predict(X, pred_leaf=True, num_threads=num_threads))
    return leaves.reshape(len(X), booster.num_trees()).astype(np.int32, copy=False)


def leaf_values(booster: lightgbm.Booster) -> list[np.ndarray]:
    """One (leaves,) float64 array a tree: its outputs. LightGBM's text holds them with all 17 digits."""
    lines = booster.model_to_string().splitlines()
    return [np.array(line[len(LEAF_VALUES) :].split(), np.float64) for line in lines if line.startswith(LEAF_VALUES)]


def with_leaf_values(booster: lightgbm.Booster, values: Sequence[np.ndarray]) -> lightgbm.Booster:
    """A copy of the trees with other outputs; `values` has the shape that `leaf_values` returns."""
    copy = lightgbm.Booster(model_str=booster.model_to_string())
    for tree, outputs in enumerate(values):
        for leaf, output in enumerate(outputs.tolist()):
            copy.set_leaf_output(tree, leaf, output)
    return copy


def _without_parameters(text: str) -> str:
    """LightGBM's text without the parameters of the training: they name the threads, and a model's bytes must not."""
    start, end = (text.index(mark) for mark in PARAMETERS)
    return text[:start] + text[end + len(PARAMETERS[1]) :]

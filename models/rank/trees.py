"""Boosted trees by LightGBM: how they are fitted and asked for scores.

Source: Ke et al., LightGBM, NeurIPS 2017; listwise: Burges, From RankNet to LambdaRank to LambdaMART, MSR-TR-2010-82.
Features are numeric. A missing value (NaN) takes its own learned side of a split where the feature was missing in
training; where it never was, LightGBM treats a missing value as 0.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.lazy import lightgbm
from models.rank.base import Samples
from models.rank.linear import fit_logistic
from models.rank.tree_text import joined, leaf_values, with_leaf_values, without_parameters

TREES_FILE = "trees.txt"
RUNS = 200  # without lists, up to this many runs of neighbouring rows stand for them
GRADES = 20  # a listwise objective wants whole numbers: fractional labels become so many twentieths
JUDGED_PLACES = 10  # of the lists that stop a listwise training, by NDCG
FREE = 1e6  # the C of the calibration: one weight from all held-out rows needs no penalty


class TreeConfig(Settings):
    """LightGBM's parameters, by its names. `objectives` are fitted apart and count alike; `held_out` is the share of
    the lists that only decides when to stop and, where there are several objectives, how scores become probabilities.
    """

    objectives: tuple[Literal["binary", "lambdarank"], ...] = Field(("binary", "lambdarank"), min_length=1)
    learning_rate: float = Field(default=0.1, gt=0, le=1)
    num_leaves: int = Field(default=24, ge=2)
    num_iterations: int = Field(default=300, ge=1)
    early_stopping_round: int = Field(default=10, ge=1)
    min_data_in_leaf: int = Field(default=100, ge=1)
    feature_fraction: float = Field(default=0.5, gt=0, le=1)
    bagging_fraction: float = Field(default=0.8, gt=0, le=1)
    lambda_l2: float = Field(default=10.0, ge=0)
    lambdarank_truncation_level: int = Field(default=30, ge=1)
    held_out: float = Field(default=0.1, gt=0, lt=1)
    num_threads: int = Field(default=0, ge=0)  # 0: all cores; the trees are the same for any number


FITTING = set(TreeConfig.model_fields) - {"objectives", "num_iterations", "early_stopping_round", "held_out"}


def fit_trees(
    samples: Samples,
    config: TreeConfig,
    seed: int,
    *,
    rows: np.ndarray | None = None,
    bins: lightgbm.Dataset | None = None,
) -> lightgbm.Booster:
    """Trees whose summed leaves are the logit of P(label = 1), fitted on the rows of a mask, or on all.

    One ensemble an objective, each stopped when the held-out lists have not improved for `early_stopping_round` trees;
    the best number of trees is kept. Of several, the scores are divided by their deviation, averaged and made a logit
    by a logistic regression of one weight on the held-out lists: written into the leaves, it is one model. Without
    lists there are no listwise objectives. bins: of all samples as `binned` gives them, where several fits share them.

    Raises ValueError for fewer than two lists, or when only listwise objectives are wanted and there are no lists.
    """
    objectives = [name for name in config.objectives if name == "binary" or samples.group is not None]
    if not objectives:
        raise ValueError(f"the objectives {', '.join(config.objectives)} need lists: give fit a group, or add binary.")
    bins = binned(samples, config) if bins is None else bins
    rows = np.arange(len(samples.y)) if rows is None else np.flatnonzero(rows)
    samples = samples.where(rows)
    out = held_out_rows(samples, config.held_out, seed)
    rest, judge = samples.where(~out), samples.where(out)
    sets = bins.subset(rows[~out]).construct(), bins.subset(rows[out]).construct()
    boosters = [_fit_objective(name, rest, judge, sets, config, seed) for name in objectives]
    return boosters[0] if objectives == ["binary"] else _calibrated(boosters, samples, judge, config)


def binned(samples: Samples, config: TreeConfig) -> lightgbm.Dataset:
    """The values in bins, which know no label. They depend on `min_data_in_leaf`, by which LightGBM drops features that
    can't be split.
    """
    parameters = {"min_data_in_leaf": config.min_data_in_leaf, "verbosity": -1}
    return lightgbm.Dataset(samples.X, samples.y, feature_name=list(samples.names), params=parameters).construct()


def held_out_rows(samples: Samples, share: float, seed: int) -> np.ndarray:
    """(n,) bool: the rows of lists drawn at random, at least one list, never all."""
    lists = list_numbers(samples)
    count = int(lists[-1]) + 1
    if count < 2:
        raise ValueError(f"trees need at least two lists, one to learn from and one to stop by, got {count}.")
    chosen = np.zeros(count, dtype=bool)
    chosen[np.random.default_rng(seed).choice(count, min(max(1, round(count * share)), count - 1), False)] = True
    return chosen[lists]


def list_numbers(samples: Samples) -> np.ndarray:
    """(n,) int64: the number of a row's list, from 0, in the order of rows; without lists, of its run of neighbours."""
    if samples.group is None:
        rows = len(samples.y)
        return np.arange(rows, dtype=np.int64) * min(RUNS, rows) // max(rows, 1)
    return np.cumsum(np.diff(samples.group, prepend=samples.group[:1]) != 0)


def deal(samples: Samples, parts: int, seed: int) -> np.ndarray:
    """(n,) int64 in 0 .. parts - 1: lists dealt at random, as many to each part as to any other, or one more.

    Raises ValueError when there are too few lists.
    """
    lists = list_numbers(samples)
    count = int(lists[-1]) + 1
    if count < 2 * parts:
        raise ValueError(f"{parts} parts need at least {2 * parts} lists, got {count}.")
    return (np.random.default_rng(seed).permutation(count) % parts)[lists]


def raw_scores(booster: lightgbm.Booster, X: np.ndarray, num_threads: int) -> np.ndarray:
    """(n,) float64: the sum of each row's leaves."""
    return np.asarray(booster.predict(X, raw_score=True, num_threads=num_threads))


def leaf_indices(booster: lightgbm.Booster, X: np.ndarray, num_threads: int) -> np.ndarray:
    """(n, trees) int32: the leaf of each tree that a row falls into."""
    leaves = np.asarray(booster.predict(X, pred_leaf=True, num_threads=num_threads))
    return leaves.reshape(len(X), booster.num_trees()).astype(np.int32, copy=False)


def _fit_objective(
    objective: str,
    rest: Samples,
    judge: Samples,
    sets: tuple[lightgbm.Dataset, lightgbm.Dataset],
    config: TreeConfig,
    seed: int,
) -> lightgbm.Booster:
    """sets: `rest` and `judge` in bins. `cross_entropy` is LightGBM's binary log loss that takes fractional labels too.

    A list counts as its NDCG does, whatever its rows weigh.
    """
    parameters: dict[str, Any] = {
        **config.model_dump(include=FITTING),
        "objective": "cross_entropy" if objective == "binary" else objective,
        "bagging_freq": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    if objective != "binary":
        parameters |= {"label_gain": list(range(GRADES + 1)), "eval_at": [JUDGED_PLACES], "metric": "ndcg"}
    for binned, part in zip(sets, (rest, judge), strict=True):
        if objective == "binary":
            binned.set_label(part.y).set_field("weight", part.weight)
        else:
            binned.set_label(np.rint(part.y * GRADES)).set_group(np.bincount(list_numbers(part)))
            binned.set_field("weight", None)
    train, valid = sets
    booster = lightgbm.train(
        parameters,
        train,
        num_boost_round=config.num_iterations,
        valid_sets=[valid],
        callbacks=[lightgbm.early_stopping(config.early_stopping_round, verbose=False)],
    )
    return lightgbm.Booster(model_str=without_parameters(booster.model_to_string()))


def _calibrated(
    boosters: list[lightgbm.Booster], samples: Samples, judge: Samples, config: TreeConfig
) -> lightgbm.Booster:
    """One model whose score is a logit. Where the held-out lists have labels of one class, all samples calibrate."""
    judge = judge if judge.y.min() < judge.y.max() else samples
    scores = [raw_scores(booster, judge.X, config.num_threads) for booster in boosters]
    deviations = [score.std() for score in scores]
    shares = [1 / deviation / len(boosters) if deviation > 0 else 0.0 for deviation in deviations]
    mixed = sum(share * (score - score.mean()) for share, score in zip(shares, scores, strict=True))
    (slope,), intercept = fit_logistic(np.asarray(mixed)[:, np.newaxis], judge.y, judge.weight, C=FREE)
    intercept -= slope * sum(share * score.mean() for share, score in zip(shares, scores, strict=True))
    parts = [
        with_leaf_values(booster, [slope * share * values for values in leaf_values(booster)])
        for booster, share in zip(boosters, shares, strict=True)
    ]
    whole = joined(parts)
    first, *others = leaf_values(whole)
    return with_leaf_values(whole, [first + intercept, *others])

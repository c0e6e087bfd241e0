"""The feature report: what each feature says alone, what the trees make of it, which to drop, and what that changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.rank.base import Ranker, Samples
from models.rank.trees import TreeConfig, fit_trees
from models.select.effect import Shuffler, gain_shares
from models.select.redundant import overlaps
from models.select.scores import scores
from models.select.settings import ReportSettings
from models.select.trial import Figure, try_selection
from models.select.verdicts import DROPPED, best_first, reasons

LEAST_FOLDS = 3


@dataclass(frozen=True)
class Report:
    """Both have the columns of the tables of their names, save ds.

    feature_report: grain feature, in the ranker's order. feature_trial: grain metric; the proof of the selection.
    """

    feature_report: pa.Table
    feature_trial: pa.Table


def report(
    samples: Samples,
    users: np.ndarray,
    settings: ReportSettings,
    trees: TreeConfig,
    new: Callable[[int], Ranker],
) -> Report:
    """Nothing is judged on what it was learned from, and no verdict sees the window that it is tried on.

    The folds of the samples are label windows in the order of time. Trees are fitted on all but the newest two and
    shuffled on the newest but one; what a feature says alone is of all but the newest. The newest is for the trial of
    the rankers that `new` makes of a seed, fitted on all the others. users: (n,) the code of a sample's user, which may
    be another user's in another fold.

    Raises ValueError, one sentence, when there are fewer than three folds, or when the trees learn nothing.
    """
    folds = np.unique(samples.fold)
    if len(folds) < LEAST_FOLDS:
        raise ValueError(
            f"a feature report needs {LEAST_FOLDS} label windows, to fit, to judge the features and to try the "
            f"selection, and there are {len(folds)}: take a later day, or raise windows.label_windows."
        )
    is_newest, is_judge = samples.fold == folds[-1], samples.fold == folds[-2]
    earlier, judge = samples.where(~is_newest), samples.where(is_judge)
    booster = fit_trees(samples.where(~is_newest & ~is_judge), trees, settings.seed)
    gain = gain_shares(booster)
    if not gain.any():
        raise ValueError("the trees find nothing to split on: no feature tells the labels of these windows apart.")
    alone = scores(earlier.X, earlier.y, bins=settings.bins)
    order = best_first(gain, alone.mutual_information)
    overlap = overlaps(earlier.X, order, threshold=settings.max_correlation)
    shuffler = Shuffler(booster, judge, users[is_judge], settings.repeats, settings.seed, trees.num_threads)
    losses = shuffler.losses()
    why = reasons(alone, overlap, gain, losses, settings, shuffler.loss)
    kept = np.array([reason not in DROPPED for reason in why])
    trial = try_selection(new, earlier, samples.where(is_newest), users[is_newest], kept, settings)
    names = list(samples.names)
    features = pa.table(
        {
            "feature": names,
            "missing_share": alone.missing_share,
            "distinct_values": alone.distinct,
            "mutual_information": alone.mutual_information,
            "chi2": alone.chi2,
            "f_statistic": pa.array(alone.f_statistic, from_pandas=True),
            "gain_share": gain,
            "permutation_loss": [loss for loss, _ in losses],
            "permutation_error": [error for _, error in losses],
            "better_feature": [names[other] if other >= 0 else None for other in overlap.better],
            "correlation": [
                value if other >= 0 else None for other, value in zip(overlap.better, overlap.correlation, strict=True)
            ],
            "verdict": np.where(kept, "keep", "drop"),
            "reason": why,
        }
    )
    return Report(features, _trial_table(trial, kept))


def _trial_table(trial: Sequence[Figure], kept: np.ndarray) -> pa.Table:
    return pa.table(
        {
            "metric": [figure.metric for figure in trial],
            "features": [len(kept)] * len(trial),
            "kept_features": [int(kept.sum())] * len(trial),
            "value": [figure.all_features for figure in trial],
            "kept_value": [figure.kept for figure in trial],
            "error": [figure.error for figure in trial],
            "worse": [figure.worse for figure in trial],
        }
    )

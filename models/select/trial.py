"""The proof of a selection: the ranker with all features and with those that are kept, on a window that neither saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.rank.base import Ranker, Samples
from models.rank.metrics import auc, normalised_entropy
from models.select.noise import metric_error
from models.select.sample import user_groups
from models.select.settings import ReportSettings

METRICS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], float]] = {
    "auc": auc,
    "normalised_entropy": normalised_entropy,
}
HIGHER_IS_BETTER = ("auc",)


@dataclass(frozen=True)
class Figure:
    """One metric of both models. error: the standard error of kept - all_features. worse: by more than noise."""

    metric: str
    all_features: float
    kept: float
    error: float
    worse: bool


def try_selection(
    new: Callable[[int], Ranker],
    fitted_on: Samples,
    judge: Samples,
    users: np.ndarray,
    kept: np.ndarray,
    settings: ReportSettings,
) -> list[Figure]:
    """Fit on some windows, judge on a later one; several times, for another seed moves a metric too.

    new: a ranker with a seed. kept: (f,) bool. users: (n,) the user of a sample of `judge`. Values are means over
    `settings.repeats` seeds, and the error is of their difference, over users and over seeds.
    """
    whole, seeds = np.ones(len(kept), bool), range(settings.seed, settings.seed + settings.repeats)
    p_all, p_kept = (
        [_probabilities(new(seed), fitted_on, judge, columns) for seed in seeds] for columns in (whole, kept)
    )
    groups = user_groups(users, settings.seed)

    def figure(name: str) -> Figure:
        metric = METRICS[name]

        def values(p: list[np.ndarray], rows: np.ndarray) -> np.ndarray:
            return np.array([metric(judge.y[rows], one[rows], judge.weight[rows]) for one in p])

        every = np.ones(len(users), bool)
        before, after = values(p_all, every), values(p_kept, every)
        over_users = metric_error(lambda rows: float((values(p_kept, rows) - values(p_all, rows)).mean()), groups)
        over_seeds = (after - before).std(ddof=1) / len(seeds) ** 0.5 if len(seeds) > 1 else 0.0
        error = float(np.hypot(over_users, over_seeds))
        loss = float((before - after).mean()) * (1 if name in HIGHER_IS_BETTER else -1)
        return Figure(name, float(before.mean()), float(after.mean()), error, worse=loss > settings.errors * error)

    return [figure(name) for name in METRICS]


def _probabilities(ranker: Ranker, fitted_on: Samples, judge: Samples, columns: np.ndarray) -> np.ndarray:
    names = [name for name, chosen in zip(fitted_on.names, columns, strict=True) if chosen]
    ranker.fit(fitted_on.X[:, columns], fitted_on.y, fitted_on.weight, fitted_on.fold, names, fitted_on.group)
    return ranker.predict(judge.X[:, columns], names)

"""How good a model's probabilities are on samples that it hasn't seen, and how sure its lead over another is.

The interval of a difference is the percentile bootstrap over users: the samples of a user are no independent draws.
Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.rank.base import EDGE
from models.rank.metrics import gauc

METRICS = ("auc", "gauc", "log_loss", "normalised_entropy")
RESAMPLED = ("auc", "log_loss", "normalised_entropy")
LEVEL = 0.95


@dataclass(frozen=True)
class Judges:
    """Samples that no model has seen. label: (n,) in [0, 1], what the models predict. positive: (n,) of 0 and 1, what
    the AUCs are of. weight: (n,) above 0. users: (n,) the user of a sample.
    """

    label: np.ndarray
    positive: np.ndarray
    weight: np.ndarray
    users: np.ndarray

    @cached_property
    def places(self) -> np.ndarray:
        """(n,) each sample's user as a number from 0."""
        return np.unique(self.users, return_inverse=True)[1]

    def draws(self, repeats: int, seed: int) -> np.ndarray:
        """(repeats, users) int64: how often each user was drawn, with replacement, as many as there are."""
        count = int(self.places.max()) + 1
        return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=repeats)


class Judgement:
    """One model's probabilities p, (n,), on `judges`."""

    def __init__(self, judges: Judges, p: np.ndarray) -> None:
        self.judges, self.p = judges, np.clip(p, EDGE, 1 - EDGE)
        self._order = np.argsort(self.p, kind="stable")
        ordered = self.p[self._order]
        self._runs = np.flatnonzero(np.r_[True, np.diff(ordered) > 0])
        loss = -(judges.label * np.log(self.p) + (1 - judges.label) * np.log1p(-self.p))
        self._sums = [
            np.bincount(judges.places, judges.weight * values) for values in (loss, judges.label, np.ones(len(p)))
        ]

    def metrics(self) -> dict[str, float]:
        """Of `METRICS`; NaN where one is undefined."""
        once = np.ones(len(self._sums[0]), np.int64)
        return {**self.resampled(once), "gauc": gauc(self.judges.positive, self.p, self.judges.users)}

    def resampled(self, drawn: np.ndarray) -> dict[str, float]:
        """Of `RESAMPLED`, each user's samples counting `drawn` times, (users,)."""
        loss, label, weight = (float(drawn @ sums) for sums in self._sums)
        log_loss, mean = loss / weight, label / weight
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -float(np.nan_to_num(mean * np.log(mean)) + np.nan_to_num((1 - mean) * np.log(1 - mean)))
        return {
            "auc": self._auc(drawn),
            "log_loss": log_loss,
            "normalised_entropy": log_loss / entropy if entropy else float("nan"),
        }

    def _auc(self, drawn: np.ndarray) -> float:
        """The probability that a positive scores above another, ties counting half."""
        weight = (self.judges.weight * drawn[self.judges.places])[self._order].astype(np.float64)
        positive = self.judges.positive[self._order]
        ones, zeros = (np.add.reduceat(weight * part, self._runs) for part in (positive, 1 - positive))
        above = ones @ (np.cumsum(zeros) - zeros / 2)
        pairs = ones.sum() * zeros.sum()
        return float(above / pairs) if pairs else float("nan")


def intervals(one: Judgement, other: Judgement, draws: np.ndarray) -> dict[str, tuple[float, float]]:
    """Of `RESAMPLED`: where the difference one - other lies, in `LEVEL` of the draws. draws: of `Judges.draws`."""
    differences = [
        [ours[name] - theirs[name] for name in RESAMPLED]
        for ours, theirs in ((one.resampled(drawn), other.resampled(drawn)) for drawn in draws)
    ]
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = np.nanquantile(np.array(differences), tails, axis=0)
    return {name: (float(low[n]), float(high[n])) for n, name in enumerate(RESAMPLED)}

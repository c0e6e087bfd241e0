"""How far a mean over users may be off by chance: percentile intervals over resampled users.

Source: Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UNIT = 1e-9  # values are counted in whole units, so that a sum is the same in whatever order a library adds
RESAMPLES_AT_ONCE = 50


@dataclass(frozen=True)
class Means:
    """means: (c,) over all users. resampled: (b, c), the same over users drawn with replacement, as many as there are;
    NaN where nobody drawn has a value. A row's columns are of the same draw, so their differences are paired.
    """

    means: np.ndarray
    resampled: np.ndarray

    def interval(self, level: float, minus: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) of every column, (c,) each: the percentiles between which a share `level` of the draws lies.

        minus: a column; the interval is then of its mean less each one's.
        """
        drawn = self.resampled if minus is None else self.resampled[:, [minus]] - self.resampled
        tail = (1 - level) / 2
        low, high = (
            np.quantile(drawn, [tail, 1 - tail], axis=0) if len(drawn) else np.full((2, len(self.means)), np.nan)
        )
        return low, high


def bootstrap(values: np.ndarray, *, resamples: int, seed: int) -> Means:
    """Means of the columns of values over users, and of users drawn at random.

    values: (users, c) float64 below 1e6, NaN where a user has none, which leaves the user out of that column's mean.
    """
    users, columns = values.shape
    known = ~np.isnan(values)
    units = np.where(known, np.rint(np.nan_to_num(values) / UNIT), 0.0)
    random = np.random.default_rng(seed)
    resampled = np.empty((resamples if users else 0, columns))
    for start in range(0, len(resampled), RESAMPLES_AT_ONCE):
        rows = slice(start, min(start + RESAMPLES_AT_ONCE, len(resampled)))
        times = np.empty((rows.stop - rows.start, users))
        for number in range(len(times)):
            times[number] = np.bincount(random.integers(0, users, users), minlength=users)
        resampled[rows] = _mean(times @ units, times @ known)
    return Means(_mean(units.sum(axis=0), known.sum(axis=0)), resampled)


def _mean(units: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.divide(units * UNIT, count, out=np.full(units.shape, np.nan), where=count > 0)

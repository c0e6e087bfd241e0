"""Whether a probability of a tenth comes true one time in ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Bin:
    """Samples of neighbouring probabilities. predicted, observed: weighted means of probability and label.

    samples: how many there are; weight: how many they stand for.
    """

    predicted: float
    observed: float
    samples: int
    weight: float


def calibration_curve(y: np.ndarray, p: np.ndarray, weight: np.ndarray, *, bins: int) -> list[Bin]:
    """Bins of about equal weight, by ascending probability; equal probabilities share one, so there may be fewer.

    y: (n,) labels in [0, 1]. p: (n,) probabilities. weight: (n,) above 0.
    """
    order = np.argsort(p, kind="stable")
    before = np.cumsum(weight[order], dtype=np.float64) / weight.sum(dtype=np.float64)
    edges = p[order][np.searchsorted(before, np.arange(1, bins) / bins)]
    _, place = np.unique(np.searchsorted(edges, p, side="left"), return_inverse=True)
    total = np.bincount(place, weight)
    means = [np.bincount(place, weight * values) / total for values in (p, y)]
    samples = np.bincount(place)
    return [
        Bin(float(predicted), float(observed), int(count), float(sum_))
        for predicted, observed, count, sum_ in zip(*means, samples, total, strict=True)
    ]

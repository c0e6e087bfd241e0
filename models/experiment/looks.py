"""Inference that holds however often one looks: a decision may be taken on the first day on which it is significant.

The mixture sequential probability ratio test with a normal mixture of variance `tau` squared over the true difference.
Source: Johari, Koomen, Pekelis, Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests", Operations
Research 70 (3), 2022, DOI 10.1287/opre.2021.2135, after Robbins, "Statistical Methods Related to the Law of the
Iterated Logarithm", 1970, DOI 10.1214/aoms/1177696786.
"""

from __future__ import annotations

import math


def always_valid_p(difference: float, variance: float, tau: float) -> float:
    """The p-value of no difference, valid at every look at once; NaN where the variance or tau isn't above 0.

    The chance that it ever falls to alpha or below without a difference is alpha at most.
    """
    if not (variance > 0 and tau > 0):
        return math.nan
    wide = variance + tau * tau
    log_ratio = 0.5 * math.log(variance / wide) + 0.5 * (difference * tau) ** 2 / (variance * wide)
    return math.exp(-log_ratio) if log_ratio > 0 else 1.0


def always_valid_margin(variance: float, tau: float, alpha: float) -> float:
    """Half the width of the interval that holds the difference at every look at once, with probability 1 - alpha.

    0 lies outside of it exactly when `always_valid_p` is below alpha. NaN as there.
    """
    if not (variance > 0 and tau > 0):
        return math.nan
    wide = variance + tau * tau
    return math.sqrt(variance * wide * (math.log(wide / variance) - 2 * math.log(alpha))) / tau

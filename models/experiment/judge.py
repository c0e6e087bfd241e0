"""An experiment's users to what can be said of each metric of each variant, beside the control."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from models.experiment.design import needed_users, sample_ratio_p
from models.experiment.looks import always_valid_margin, always_valid_p
from models.experiment.moments import Moments
from models.experiment.settings import Judging as Judging

NAN = math.nan


@dataclass(frozen=True)
class Finding:
    """One metric of one variant. NaN where it can't be told, and in everything from `difference` on for the control.

    value, low, high: the metric with its interval. difference, difference_low, difference_high: variant minus control.
    p_value: for one look on a day chosen beforehand; p_always, always_low, always_high: for looks on any days. p_holm,
    p_always_holm: the same, corrected for all metrics and variants of the experiment (Holm 1979). needed_users: of both
    together. sample_ratio_p: of the experiment.
    """

    variant: str
    metric: str
    users: int
    numerator: int
    denominator: int
    value: float
    low: float
    high: float
    sample_ratio_p: float
    difference: float = NAN
    difference_low: float = NAN
    difference_high: float = NAN
    p_value: float = NAN
    p_holm: float = NAN
    p_always: float = NAN
    p_always_holm: float = NAN
    always_low: float = NAN
    always_high: float = NAN
    needed_users: float = NAN


def judge(
    moments: Mapping[str, Mapping[str, Moments]], shares: Mapping[str, float], control: str, settings: Judging
) -> list[Finding]:
    """metric -> variant -> its users' sums, every variant of `shares` with the same users in all metrics.

    Findings by metric, then variant, in the orders given.
    """
    findings: list[Finding] = []
    users = {name: sums.users for by_variant in moments.values() for name, sums in by_variant.items()}
    mismatch = sample_ratio_p(users, shares)
    for metric, by_variant in moments.items():
        for name, sums in by_variant.items():
            finding = _alone(metric, name, sums, mismatch, settings)
            if name != control and control in by_variant:
                ratio = shares[name] / shares[control] if shares.get(control) else NAN
                finding = _beside(finding, sums, by_variant[control], ratio, settings)
            findings.append(finding)
    corrected = zip(findings, holm([f.p_value for f in findings]), holm([f.p_always for f in findings]), strict=True)
    return [replace(finding, p_holm=once, p_always_holm=always) for finding, once, always in corrected]


def holm(p_values: list[float]) -> list[float]:
    """The same p-values corrected for there being so many; NaN is none, and stays.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6, 1979.
    """
    p = np.array(p_values, np.float64)
    tested = np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    p[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1.0)
    return [float(value) for value in p]


def _alone(metric: str, name: str, sums: Moments, mismatch: float, settings: Judging) -> Finding:
    value, variance = sums.ratio()
    margin = float(-ndtri(settings.alpha / 2)) * math.sqrt(variance)
    return Finding(
        *(name, metric, sums.users, sums.numerator, sums.denominator),
        *(value, value - margin, value + margin, mismatch),
    )


def _beside(finding: Finding, sums: Moments, control: Moments, ratio: float, settings: Judging) -> Finding:
    """ratio: the variant's users over the control's, as they are assigned."""
    (value, own), (base, other) = sums.ratio(), control.ratio()
    difference, variance = value - base, own + other
    needed = needed_users(
        base, math.sqrt(other * control.users), settings.effect, ratio, settings.alpha, settings.power
    )
    finding = replace(finding, difference=difference, needed_users=needed)
    if min(sums.users, control.users) < settings.min_users or not variance > 0:
        return finding
    # Of both together: the scale of the test must not depend on which of them is called the control.
    tau = settings.effect * (sums + control).ratio()[0]
    once = float(-ndtri(settings.alpha / 2)) * math.sqrt(variance)
    always = always_valid_margin(variance, tau, settings.alpha)
    return replace(
        finding,
        difference_low=difference - once,
        difference_high=difference + once,
        p_value=float(2 * ndtr(-abs(difference) / math.sqrt(variance))),
        p_always=always_valid_p(difference, variance, tau),
        always_low=difference - always,
        always_high=difference + always,
    )

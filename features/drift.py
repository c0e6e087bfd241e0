"""How far a distribution has moved: small histograms of features, and the population stability index of two of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
from scipy.stats import entropy

from features.findings import Finding, judged, not_judged
from features.gates import Drift

MISSING = -1  # the bucket of missing values, below all others
BUCKETS, DROPPED_BITS = 1 << 11, 21
BINS = 10
SIGN = np.uint32(1 << 31)
ZERO = 1 << 10  # the bucket of zero
KERNEL = np.array([1, 2, 3, 4, 5, 4, 3, 2, 1])  # four buckets are a doubling
# An empty bin would make the index infinite; half a row in each (Jeffreys' prior) does not.
PRIOR = 0.5

Histogram = Mapping[int, int]  # bucket -> rows


def psi(reference: Sequence[float], observed: Sequence[float]) -> float:
    """The population stability index of counts per bin, (p - q) ln(p / q) summed; 0 when the shares are equal.

    Above 0.1 a distribution is commonly held to have moved, above 0.25 much (Siddiqi 2006, ISBN 978-0-471-75451-0).
    """
    p, q = (np.asarray(counts, np.float64) + PRIOR for counts in (reference, observed))
    return float(entropy(p, q) + entropy(q, p))


def buckets(values: np.ndarray) -> np.ndarray:
    """(n,) float to (n,) int64 bucket numbers that ascend with the value; `MISSING` for NaN.

    A bucket is sign, exponent and two bits of the mantissa of a 32-bit float: four to each doubling, whatever the unit,
    with no look at the data, so that histograms of any two days can be compared.
    """
    bits = (values.astype(np.float32) + np.float32(0.0)).view(np.uint32)  # adding zero makes -0.0 a 0.0
    ascending = np.where(bits & SIGN, ~bits, bits | SIGN)
    return np.where(np.isnan(values), MISSING, (ascending >> np.uint32(DROPPED_BITS)).astype(np.int64))


def histograms(batches: Iterable[pa.RecordBatch], features: Sequence[str]) -> dict[str, dict[int, int]]:
    """Feature -> bucket -> rows, of all batches together; their sum is the number of rows."""
    counts = {name: np.zeros(BUCKETS + 1, np.int64) for name in features}
    for batch in batches:
        for name in features:
            found = buckets(batch[name].to_numpy(zero_copy_only=False))
            counts[name] += np.bincount(found - MISSING, minlength=BUCKETS + 1)
    return {name: {int(n) + MISSING: int(rows[n]) for n in np.flatnonzero(rows)} for name, rows in counts.items()}


def histogram_psi(reference: Histogram, observed: Histogram) -> float:
    """The index over some ten bins of about equal rows of the reference, and one of missing values."""
    before, after = _smeared(reference), _smeared(observed)
    # A bucket lies in the bin of its middle row, so that a heavy one, such as zero, has its bin nearly to itself.
    middle = (np.cumsum(before) - before / 2) / max(before.sum(), 1.0)
    bins = np.minimum((middle * BINS).astype(np.int64), BINS - 1)
    used = np.unique(bins)
    sides = [
        [histogram.get(MISSING, 0), *np.bincount(bins, rows, minlength=BINS)[used]]
        for histogram, rows in ((reference, before), (observed, after))
    ]
    # No value is missing on either day: then that is no bin.
    start = 0 if sides[0][0] or sides[1][0] else 1
    return psi(sides[0][start:], sides[1][start:])


def _smeared(histogram: Histogram) -> np.ndarray:
    """(BUCKETS,) float64 rows, each spread over a doubling to either side, save for zeros.

    Else a value that many share, such as the rate of whoever has no history, would be drift on the day when it creeps
    over the edge of a bin.
    """
    rows = np.zeros(BUCKETS, np.int64)
    for bucket, count in histogram.items():
        if bucket != MISSING:
            rows[bucket] = count
    zeros, rows[ZERO] = rows[ZERO], 0
    smeared = np.convolve(rows, KERNEL, "same") / KERNEL.sum()
    smeared[ZERO] = zeros
    return smeared


def judge_drift(
    reference: Mapping[str, Histogram], observed: Mapping[str, Histogram], *, table: str, settings: Drift
) -> list[Finding]:
    """One finding per feature of `observed`, or one for all where the table has nothing to compare, or too few rows."""
    rows = [sum(next(iter(side.values()), {}).values()) for side in (reference, observed)]
    if min(rows) < settings.min_rows:
        basis = f"{rows[0]:,} rows on the day before and {rows[1]:,} now, {settings.min_rows:,} of each are needed"
        return [not_judged("drift", table, "all features", settings.level, None, basis)]
    findings = []
    for feature, histogram in observed.items():
        if feature in reference:
            value, basis = histogram_psi(reference[feature], histogram), "PSI against the day before"
            findings.append(judged("drift", table, feature, settings.level, value, basis, high=settings.max_psi))
        else:
            findings.append(not_judged("drift", table, feature, settings.level, None, "new since the day before"))
    return findings

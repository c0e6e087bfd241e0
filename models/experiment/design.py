"""Before and beside the results: how many users it takes, and whether the variants got the users that they should."""

from __future__ import annotations

import math
from collections.abc import Mapping

from scipy.special import ndtri
from scipy.stats import chisquare


def sample_ratio_p(users: Mapping[str, int], shares: Mapping[str, float]) -> float:
    """The p-value of users (variant -> how many) having been assigned with these shares; NaN without users.

    Below .001 something loses or adds users in one variant, and no other number of the experiment can be trusted.
    Source: Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD 2019, DOI
    10.1145/3292500.3330722.
    """
    expected = {name: share for name, share in shares.items() if share > 0}
    total = sum(users.values())
    if any(count for name, count in users.items() if name not in expected):
        return 0.0
    if not total or len(expected) < 2:
        return math.nan
    whole = sum(expected.values())
    seen = [users.get(name, 0) for name in expected]
    return float(chisquare(seen, [total * share / whole for share in expected.values()]).pvalue)


def needed_users(mean: float, deviation: float, effect: float, ratio: float, alpha: float, power: float) -> float:
    """Users of the control and the variant together that find a relative change `effect` of the mean with this power.

    deviation: of one user, such that deviation^2 / users is the variance of the mean. ratio: the variant's users over
    the control's. For one look at the end. NaN where there is nothing to scale the effect by.
    """
    if not (mean > 0 and deviation > 0 and effect > 0 and ratio > 0):
        return math.nan
    # Two-sided: that the wrong side is significant while there is an effect is too rare to count.
    reach = float(ndtri(power) - ndtri(alpha / 2))
    control = (reach * deviation / (effect * mean)) ** 2 * (1 + 1 / ratio)
    return float(math.ceil(control) + math.ceil(control * ratio))

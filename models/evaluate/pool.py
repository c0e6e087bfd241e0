"""Label windows together, and who wins in them: one alone says little, and lists shouldn't change with the weather."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Window:
    """What a metric was in a label window, or in several. values: source -> mean over the users. leads: source -> how
    much more it has than the ranker that all are compared with, and the standard error of that.
    """

    users: int
    values: Mapping[str, float]
    leads: Mapping[str, tuple[float, float]]


def pooled(windows: Sequence[Window]) -> Window:
    """All windows as one in which every user counts alike: of the sources that all of them have. Windows are taken for
    independent of each other, so errors add up as squares.
    """
    users = sum(window.users for window in windows)
    sources = [source for source in windows[0].values if all(source in window.values for window in windows)]

    def leads(source: str) -> tuple[float, float]:
        told = [(window.users / users, *window.leads[source]) for window in windows]
        return sum(share * lead for share, lead, _ in told), math.hypot(*(share * error for share, _, error in told))

    return Window(
        users,
        {source: sum(window.users * window.values[source] for window in windows) / users for source in sources},
        {source: leads(source) for source in sources},
    )


def best_ranker(of: Window, rankers: Sequence[str], level: float) -> str:
    """The first of the rankers, with which all are compared, unless another's lead is more than chance: the interval
    (normal, of a confidence `level`) lies above 0. Of several such, the one with the best mean.
    """
    errors = NormalDist().inv_cdf((1 + level) / 2)
    leading = [kind for kind in rankers[1:] if kind in of.leads and of.leads[kind][0] > errors * of.leads[kind][1]]
    return max(leading, key=lambda kind: of.values[kind]) if leading else rankers[0]


def winner(means: Mapping[str, float], learned: str, plain: Sequence[str], simpler: str) -> str:
    """The learned order if it has a better mean than all the plain sources, which need no learning. Else the best of
    these and of `simpler`, an order of fewer weights.
    """
    rivals = [source for source in plain if source in means]
    if all(means[learned] > means[source] for source in rivals):
        return learned
    return max([*rivals, *([simpler] if simpler in means else [])], key=lambda source: means[source])

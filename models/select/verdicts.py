"""Which features to drop, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.select.redundant import Overlap
from models.select.scores import Scores
from models.select.settings import ReportSettings

KEEP = ""
NEVER_THERE = "missing everywhere"
CONSTANT = "always the same value"
REDUNDANT = "redundant"
USELESS = "no gain, no loss when shuffled"
TOGETHER = "costs nothing alone, but with others"
DROPPED = (NEVER_THERE, CONSTANT, REDUNDANT, USELESS)

Loss = tuple[float, float]


def best_first(gain: np.ndarray, information: np.ndarray) -> list[int]:
    """The columns by gain, then mutual information, then their place, so that the order is always the same one."""
    return np.lexsort((np.arange(len(gain)), -information, -gain)).tolist()


def reasons(
    alone: Scores,
    overlap: Overlap,
    gain: np.ndarray,
    losses: Sequence[Loss],
    settings: ReportSettings,
    joint_loss: Callable[[Sequence[int]], Loss],
) -> list[str]:
    """Per feature one of the reasons above; those in `DROPPED` say that it goes.

    gain (f,) and losses, of `models.select.effect`. joint_loss: that of columns which are shuffled together.

    Features that cost nothing when shuffled one by one may stand in for each other. So a feature is judged together
    with those that are redundant to it, and those that would go for being useless are shuffled all at once: of them,
    the cheapest first, only as many go as cost nothing together.
    """
    found = [_plain_reason(alone, overlap, column, settings) for column in range(len(gain))]
    alike = {column: [column] for column, reason in enumerate(found) if reason == KEEP}
    for column, reason in enumerate(found):
        if reason == REDUNDANT:
            alike[int(overlap.better[column])].append(column)
    costs = {column: losses[column] if len(members) == 1 else joint_loss(members) for column, members in alike.items()}
    idle = [
        column
        for column, (loss, error) in costs.items()
        if gain[alike[column]].sum() < settings.min_gain and loss <= settings.errors * error
    ]
    idle.sort(key=lambda column: (costs[column][0], gain[column], column))

    def are_free(count: int) -> bool:
        loss, error = joint_loss([member for column in idle[:count] for member in alike[column]])
        return loss <= settings.errors * error

    free = _longest(min(len(idle), len(alike) - 1), are_free)  # one at least stays
    for place, column in enumerate(idle):
        found[column] = USELESS if place < free else TOGETHER
    return found


def _plain_reason(alone: Scores, overlap: Overlap, column: int, settings: ReportSettings) -> str:
    if alone.distinct[column] == 0:
        return NEVER_THERE
    if alone.distinct[column] == 1 and alone.missing_share[column] == 0:
        return CONSTANT
    return REDUNDANT if abs(overlap.correlation[column]) >= settings.max_correlation else KEEP


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest count from 0 to `most` that holds, found by halving: where one holds, so do smaller ones. 0 does."""
    free, beyond, count = 0, most + 1, most
    while free + 1 < beyond:
        if holds(count):
            free = count
        else:
            beyond = count
        count = (free + beyond) // 2
    return free

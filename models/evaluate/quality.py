"""The tables of `make quality`: all lists side by side, and what each recall channel gives."""

from __future__ import annotations

from models.evaluate.contest import FINAL, WITHOUT, Contest
from models.evaluate.settings import ProofSettings
from models.evaluate.summary import Items, Judged, contributions, standing

Rows = list[dict[str, object]]


def quality(judged: Judged, contest: Contest, items: Items, settings: ProofSettings) -> Rows:
    """Grain: mode x source x metric, as the table `quality` has it, save ds and as_of."""
    sources = [source for source in contest.sources if not source.startswith(WITHOUT)]
    return [
        {"mode": mode, **row}
        for mode in contest.modes
        for row in standing(judged, mode, sources, settings, items).rows(settings.level, FINAL)
    ]


def channel_report(judged: Judged, contest: Contest, ranker: str, settings: ProofSettings) -> Rows:
    """Grain: mode x channel, as the table `channel_report` has it, save ds and as_of. ranker: the one that was fitted
    without each channel in `contest.without`, too.
    """
    found: Rows = []
    for mode in contest.modes:
        rivals = [ranker, *(WITHOUT + channel for channel in contest.without)]
        tried = standing(judged, mode, rivals, settings).rows(settings.level, ranker)
        losses = {row["source"]: row for row in tried if row["metric"] == settings.metric}
        for row in contributions(judged, mode, contest.channels):
            without = losses.get(f"{WITHOUT}{row['channel']}", {})
            names = {"without": "value", "loss": "gain", "loss_low": "gain_low", "loss_high": "gain_high"}
            figures = {name: without.get(figure) for name, figure in names.items()}
            found.append({"mode": mode, **row, "metric": settings.metric, **figures})
    return found

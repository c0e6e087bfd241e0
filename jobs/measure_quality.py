"""measure_quality: all lists as of the day before the label window, judged by what followed. No part of the night."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from jobs.contest import coarse_of, contest_of, earlier_samples, fitted, judge, judged_items
from jobs.errors import RunError
from jobs.proof import UNPROVEN_SHARED, trained_ranker, verdict_of
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context
from models.evaluate.ablation import of_features, without_channel
from models.evaluate.contest import Contest
from models.evaluate.quality import channel_report, quality
from models.rank.base import Ranker
from models.rank.coarse import Coarse


def run(ctx: Context) -> None:
    settings, verdict, best = ctx.config.proof, verdict_of(ctx), trained_ranker(ctx)
    contest = _entered(ctx, contest_of(ctx), best)
    judged = judge(ctx, contest, settings.quality_users, verdict.shared if verdict else UNPROVEN_SHARED)
    _write(ctx, "quality", quality(judged, contest, judged_items(ctx), settings))
    _write(ctx, "channel_report", channel_report(judged, contest, best, settings))


def _entered(ctx: Context, contest: Contest, best: str) -> Contest:
    """With every ranker and, for the ablation, with the best one fitted without each channel."""
    channels, samples = contest.channels, earlier_samples(ctx, contest)
    rankers = fitted(ctx, (best, *ctx.config.proof.quality_rankers), of_features(samples, contest.names))
    if best not in rankers:
        raise RunError(f"the label windows before {ctx.ds} don't suffice for the ranker {best}: take a later day")
    without: dict[str, tuple[Ranker[Any], Coarse]] = {}
    for channel in channels if ctx.config.proof.ablation and len(channels) > 1 else ():
        part = without_channel(samples, channels, channel)
        others = fitted(ctx, [best], of_features(part, [name for name in contest.names if name in part.names]))
        if others:
            without[channel] = (others[best], coarse_of(ctx, contest, part))
    coarse = coarse_of(ctx, contest, samples)
    return replace(contest, rankers=rankers, coarse=coarse, without=without, final=True)


def _write(ctx: Context, table: str, rows: list[dict[str, object]]) -> None:
    (as_of,) = ctx.inputs("candidates")
    filled = [{"ds": ctx.ds, "as_of": as_of, **row} for row in rows]
    ctx.write_arrow(table, [pa.Table.from_pylist(filled, schema=arrow_schema(ctx.contract(table)))])

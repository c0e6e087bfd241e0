"""judge_experiments: every metric of every variant that runs on the day, beside the control, since its start."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict

import pyarrow as pa

from features.experiment import METRICS, user_totals, variant_sums
from jobs.errors import RunError
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context
from models.experiment.judge import Finding, judge
from models.experiment.moments import Moments
from predawn.assignment import CONTROL


def run(ctx: Context) -> None:
    settings, schema = ctx.config.experiments, arrow_schema(ctx.contract("experiment_metrics"))
    rows = [
        {"ds": ctx.ds, "layer": layer, **{name: _known(value) for name, value in asdict(finding).items()}}
        for layer in settings.running(ctx.ds)
        for finding in _findings(ctx, layer)
    ]
    ctx.write_arrow("experiment_metrics", [pa.Table.from_pylist(rows, schema)])


def _findings(ctx: Context, layer: str) -> Iterator[Finding]:
    settings, log, days = ctx.config.experiments, ctx.config.data.events, ctx.inputs("user_variant_daily")
    experiment = settings.experiment(layer, ctx.config.data.scene)
    first = settings.layers[layer].start.isoformat()
    if first < days[0] and ctx.config.first_day.isoformat() < days[0]:
        raise RunError(
            f"experiment {layer!r} began on {first}, and the counts go back to {days[0]} only: "
            "raise windows.experiment_days, or end it."
        )
    conversions = settings.conversions
    totals = user_totals(
        ctx.read("user_variant_daily"),
        first=first,
        last=ctx.ds,
        scene=ctx.config.data.scene,
        exposure=log.with_role("exposure"),
        clicks=settings.clicks or log.with_role("positive"),
        conversions=conversions,
        most_exposures=settings.most_exposures,
    )
    metrics = {name: parts for name, parts in METRICS.items() if conversions or "conversions" not in "".join(parts)}
    groups = [row.asDict() for row in variant_sums(totals, metrics).orderBy("variant", "left_out").collect()]
    if left_out := [f"{row['users']} in {row['variant']} ({row['left_out']})" for row in groups if row["left_out"]]:
        ctx.say(f"experiment {layer}: users left out: {', '.join(left_out)}")
    counted = {row["variant"]: row for row in groups if row["left_out"] is None}
    shares = {name: share for name, share in experiment.shares().items() if share}
    moments = {
        metric: {name: _moments(counted.get(name), metric) for name in dict.fromkeys([*shares, *sorted(counted)])}
        for metric in metrics
    }
    yield from judge(moments, shares, CONTROL, settings)


def _moments(row: dict[str, int] | None, metric: str) -> Moments:
    if row is None:
        return Moments(0, 0, 0, 0, 0, 0)
    return Moments(int(row["users"]), *(int(row[f"{metric}_{part}"]) for part in ("x", "y", "xx", "yy", "xy")))


def _known(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value

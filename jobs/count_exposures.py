"""count_exposures: the days' events to counts per user, scene, variant and event type."""

from features.experiment import user_variant_daily
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    ctx.write("user_variant_daily", user_variant_daily(ctx.read_by_day("events")))

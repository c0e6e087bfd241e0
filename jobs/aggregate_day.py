"""aggregate_day: events to daily counts per user, item and event type, exposures left out."""

from features.daily import user_item_daily
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    ctx.write("user_item_daily", user_item_daily(ctx.read_by_day("events"), kinds=ctx.config.facts.kept))

"""count_day: events to daily counts of users, of items, and of what was shown: what short windows need."""

from features import daily
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    events = ctx.read_by_day("events")
    ctx.write("exposures_daily", daily.exposures_daily(events, kinds=ctx.config.facts.with_role("exposure")))
    ctx.write("user_daily", daily.user_daily(events))
    ctx.write("item_daily", daily.item_daily(events))

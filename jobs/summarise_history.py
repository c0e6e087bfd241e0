"""summarise_history: the window's daily rows to one row per user and item."""

from features.daily import happened
from features.history import user_item_history
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    daily = happened(ctx.read("user_item_daily"), ctx.inputs("user_item_daily")[0], ctx.ds)
    ctx.write("user_item_history", user_item_history(daily, as_of=ctx.ds, facts=ctx.config.facts))

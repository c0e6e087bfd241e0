"""summarise_history: the window's daily rows to one row per user and item."""

from functools import partial

from features.history import COLUMNS, user_item_history
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    first = ctx.inputs("user_item_daily")[0]
    build = partial(user_item_history, first=first, as_of=ctx.ds, facts=ctx.config.facts)
    ctx.write_users("user_item_history", {"user_item_daily": COLUMNS}, build)

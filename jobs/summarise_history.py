"""summarise_history: the window's daily rows to one row per user and item."""

from functools import partial

from features.history import COLUMNS, KEYS, user_item_history
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    first, source = ctx.inputs("user_item_daily")[0], "user_item_daily"
    build = partial(user_item_history, first=first, as_of=ctx.ds, facts=ctx.config.facts)
    ctx.write_users("user_item_history", source, COLUMNS, build, strings=KEYS)

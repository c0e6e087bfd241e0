"""build_item_features: the directory of items with their features."""

from features.items import build_item_features
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    history, items = ctx.read("user_item_history"), ctx.read("items")
    roles = ctx.config.data.events.roles
    ctx.write("item_features", build_item_features(history, items, as_of=ctx.ds, roles=roles))

"""build_interactions: positive events of the window in the day's codes, for recall."""

from features.daily import happened
from features.interactions import build_interactions
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    interactions = build_interactions(
        happened(ctx.read("user_item_daily"), ctx.inputs("user_item_daily")[0], ctx.ds),
        ctx.read("user_features").select("user_id", "user_code"),
        ctx.read("item_features").select("item_id", "item_code"),
        as_of=ctx.ds,
        weights=ctx.config.data.events.weights,
    )
    ctx.write("interactions", interactions)

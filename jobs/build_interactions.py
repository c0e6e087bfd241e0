"""build_interactions: positive events of the window in the day's codes, for recall."""

from functools import partial

from features.interactions import DAILY_COLUMNS, build_interactions
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    build = partial(
        build_interactions,
        items=ctx.read_arrow("item_features", ("item_id", "item_code")),
        first=ctx.inputs("user_item_daily")[0],
        as_of=ctx.ds,
        time_zone=ctx.config.data.time_zone,
        weights=ctx.config.data.events.weights,
    )
    sources = {"user_item_daily": DAILY_COLUMNS, "user_features": ("user_id", "user_code")}
    ctx.write_users("interactions", sources, build)

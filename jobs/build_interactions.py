"""build_interactions: positive events of the window in the day's codes, for recall."""

from features.interactions import DAILY_COLUMNS, build_interactions
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    users, items = (
        ctx.read_arrow(f"{of}_features", [f"{of}_code", f"{of}_id"]).sort_by(f"{of}_code")[f"{of}_id"].combine_chunks()
        for of in ("user", "item")
    )
    interactions = build_interactions(
        ctx.iter_arrow("user_item_daily", DAILY_COLUMNS),
        users,
        items,
        first=ctx.inputs("user_item_daily")[0],
        as_of=ctx.ds,
        time_zone=ctx.config.data.time_zone,
        weights=ctx.config.data.events.weights,
    )
    ctx.write_arrow("interactions", [interactions])

"""build_user_features: the directory of users with their features."""

from features.users import build_user_features
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    data = ctx.config.data
    features = build_user_features(
        ctx.read("user_item_history"),
        ctx.read("users"),
        as_of=ctx.ds,
        roles=data.events.roles,
        profile=tuple(data.profile),
        numbers=[name for name, attribute in data.profile.items() if attribute.type == "number"],
    )
    ctx.write("user_features", features)

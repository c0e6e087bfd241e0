"""build_behaviour_features: what each user did with each item and group of items."""

from features.behaviour import build_behaviour_features
from features.specs import GROUPS
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    features = build_behaviour_features(
        ctx.read("user_item_history"),
        ctx.read("user_features").select("user_id", "user_code"),
        ctx.read("item_features").select("item_id", "item_code", *(f"{group}_code" for group in GROUPS)),
        as_of=ctx.ds,
        roles=ctx.config.data.events.roles,
    )
    ctx.write("behaviour_features", features)

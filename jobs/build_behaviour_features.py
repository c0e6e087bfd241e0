"""build_behaviour_features: what each user did with each item and group of items."""

from features.behaviour import build_behaviour_features, coded_pairs
from features.specs import GROUPS
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    users = ctx.read("user_features").select("user_id", "user_code")
    items = ctx.read("item_features").select("item_id", "item_code", *(f"{group}_code" for group in GROUPS))
    pairs = coded_pairs(ctx.read("user_item_history"), users, items).persist()
    roles = ctx.config.data.events.roles
    ctx.write("behaviour_features", build_behaviour_features(pairs, users, as_of=ctx.ds, roles=roles))
    pairs.unpersist()

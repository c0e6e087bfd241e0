"""build_behaviour_features: what each user did with each item and group of items, and what they were shown."""

from features.behaviour import build_behaviour_features, pair_rows, shown_rows
from features.daily import happened
from features.specs import GROUPS, shown_features
from jobs.runtime.context import Context
from jobs.runtime.spark import rows_a_batch


def run(ctx: Context) -> None:
    as_of, facts = ctx.ds, ctx.config.facts
    users = ctx.read("user_features").select("user_id", "user_code")
    items = ctx.read("item_features").select("item_id", "item_code", *(f"{group}_code" for group in GROUPS))
    pairs = pair_rows(ctx.read("user_item_history"), users, items, facts=facts)
    shown = None
    if shown_features(facts):
        daily = happened(ctx.read("exposures_daily"), ctx.inputs("exposures_daily")[0], as_of)
        shown = shown_rows(daily, users, items, as_of=as_of, facts=facts)
    last_items = ctx.config.features.last_items
    with rows_a_batch(ctx.spark, 20_000):
        features = build_behaviour_features(pairs, shown, users, as_of=as_of, facts=facts, last_items=last_items)
        ctx.write("behaviour_features", features)

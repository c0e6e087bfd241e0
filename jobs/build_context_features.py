"""build_context_features: how often what is shown is taken, by context, by user and item there, as of the day."""

from features.context_features import (
    context_features,
    user_context_features,
    value_codes,
    view_statistics,
    view_sums,
)
from features.daily import happened
from features.specs import GROUPS
from jobs.runtime.context import Context
from jobs.runtime.spark import rows_a_batch


def run(ctx: Context) -> None:
    as_of, facts = ctx.ds, ctx.config.facts
    users = ctx.read("user_features").select("user_id", "user_code")
    items = ctx.read("item_features").select("item_id", "item_code", *(f"{group}_code" for group in GROUPS))
    catalogue = ctx.read("items").select("item_id", *facts.groups)
    daily = happened(ctx.read("context_daily"), ctx.inputs("context_daily")[0], as_of)
    sums = view_sums(daily, catalogue, facts=facts).persist()
    codes = value_codes(sums, items, catalogue, facts=facts)
    rows = view_statistics(sums, facts=facts)
    ctx.write("context_features", context_features(rows, codes, as_of=as_of, facts=facts))
    with rows_a_batch(ctx.spark, 20_000):
        ctx.write("user_context_features", user_context_features(rows, codes, users, as_of=as_of, facts=facts))
    sums.unpersist()

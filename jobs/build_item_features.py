"""build_item_features: the directory of items with their features."""

from features.daily import happened
from features.items import build_item_features, group_sums, item_sums
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    as_of, facts, items = ctx.ds, ctx.config.facts, ctx.read("items")
    daily = happened(ctx.read("item_daily"), ctx.inputs("item_daily")[0], as_of)
    sums = item_sums(daily, ctx.read("user_item_history"), as_of=as_of, facts=facts).persist()
    groups = {group: rows.persist() for group, rows in group_sums(daily, items, as_of=as_of, facts=facts).items()}
    ctx.write("item_features", build_item_features(sums, groups, items, as_of=as_of, facts=facts))
    for frame in (sums, *groups.values()):
        frame.unpersist()

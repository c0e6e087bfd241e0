"""build_user_features: the directory of users with their features."""

from features.daily import happened
from features.users import build_user_features, user_sums
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    as_of, facts = ctx.ds, ctx.config.facts
    daily = happened(ctx.read("user_daily"), ctx.inputs("user_daily")[0], as_of)
    sums = user_sums(daily, ctx.read("user_item_history"), ctx.read("items"), as_of=as_of, facts=facts).persist()
    ctx.write("user_features", build_user_features(sums, ctx.read("users"), as_of=as_of, facts=facts))
    sums.unpersist()

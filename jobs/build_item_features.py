"""build_item_features: the directory of items with their features."""

from features import freshness
from features.arrays import gathered
from features.items import CATALOGUE_COLUMNS, DAILY_COLUMNS, build_item_features, item_totals, pair_columns
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    as_of, facts = ctx.ds, ctx.config.facts
    fresh = freshness.fresh_shares(
        gathered(ctx.iter_arrow("user_item_daily", freshness.COLUMNS)),
        first=ctx.inputs("user_item_daily")[0],
        as_of=as_of,
        time_zone=ctx.config.data.time_zone,
        facts=facts,
    )
    totals = item_totals(
        gathered(ctx.iter_arrow("item_daily", DAILY_COLUMNS)),
        gathered(ctx.iter_arrow("user_item_history", pair_columns(facts))),
        fresh,
        first=ctx.inputs("item_daily")[0],
        as_of=as_of,
        facts=facts,
    )
    items = ctx.read_arrow("items", CATALOGUE_COLUMNS)
    ctx.write_arrow("item_features", [build_item_features(totals, items, as_of=as_of, facts=facts)])

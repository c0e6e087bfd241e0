"""build_behaviour_features: what each user did with each item and group of items, and what they were shown."""

from functools import partial

from features.behaviour import ITEM_COLUMNS, SHOWN_COLUMNS, build_behaviour_features
from features.pairs import history_columns
from features.specs import shown_features
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    facts = ctx.config.facts
    sources = {"user_features": ("user_id", "user_code"), "user_item_history": history_columns(facts)}
    if shown_features(facts):
        sources["exposures_daily"] = SHOWN_COLUMNS
    build = partial(
        build_behaviour_features,
        items=ctx.read_arrow("item_features", ITEM_COLUMNS).combine_chunks(),
        shown_from=ctx.inputs("exposures_daily")[0],
        as_of=ctx.ds,
        facts=facts,
        last_items=ctx.config.features.last_items,
    )
    ctx.write_users("behaviour_features", sources, build)

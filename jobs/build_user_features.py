"""build_user_features: the directory of users with their features."""

from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from features.entities import entity_priors
from features.items import NUMBER_COLUMNS
from features.specs import user_features
from features.users import DAILY_COLUMNS, PROFILE_COLUMNS, build_user_features, pair_columns, user_sums
from jobs.profiles import profile_values
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    as_of, facts = ctx.ds, ctx.config.facts
    build = partial(
        user_sums,
        items=ctx.read_arrow("items", ["item_id", *NUMBER_COLUMNS]),
        values=profile_values(ctx),
        first=ctx.inputs("user_daily")[0],
        as_of=as_of,
        facts=facts,
    )
    sources = {"user_daily": DAILY_COLUMNS, "user_item_history": pair_columns(facts), "users": PROFILE_COLUMNS}
    parts = ctx.user_parts(sources, build)
    priors = entity_priors(parts, user_features(facts))

    def coded() -> Iterator[pa.Table]:
        code = 0
        for sums in parts:
            yield build_user_features(sums, priors, first_code=code, as_of=as_of, facts=facts)
            code += len(sums)

    ctx.write_arrow("user_features", coded())

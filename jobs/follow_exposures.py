"""follow_exposures: what became of each exposure, and the day's counts of that by context."""

from features.outcomes import context_daily, outcomes
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    facts = ctx.config.facts
    rows = outcomes(ctx.read("events"), exposure=facts.with_role("exposure")).persist()
    ctx.write("outcomes", rows)
    ctx.write("context_daily", context_daily(rows, facts=facts))
    rows.unpersist()

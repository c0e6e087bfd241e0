"""clean_events: the days' raw records to typed events and to rejects."""

from features import clean
from jobs.runtime.context import Context
from jobs.runtime.records import read_table


def run(ctx: Context) -> None:
    data = ctx.config.data
    records = read_table(ctx.spark, data, "events", ctx.raw.events(ctx.days))
    parsed = clean.parse(records, columns=data.expressions("events"), types=data.events.conditions).persist()
    ctx.write("events", clean.events(parsed))
    ctx.write("rejects", clean.rejects(parsed))
    parsed.unpersist()

"""clean_events: the days' raw records to typed events and to rejects, each accounted for."""

from features import clean
from jobs.runtime.cleaning.run import Cleaning
from jobs.runtime.context import Context
from jobs.runtime.records import read_table
from jobs.runtime.text import Reading


def run(ctx: Context) -> None:
    data, rules = ctx.config.data, ctx.config.clean
    limits = clean.Limits(
        first_day=data.first_day.isoformat(),
        lateness_days=ctx.config.windows.lateness_days,
        early_minutes=rules.early_minutes,
        max_value=rules.max_value,
    )
    cleaning = Cleaning(ctx)
    reading = Reading(rules.max_line_bytes, with_line=False, tally=cleaning.stage.tally)
    records = read_table(ctx.spark, data, "events", cleaning.files, reading)
    typed = clean.typed(
        records,
        columns=data.expressions("events"),
        types=tuple(data.events.conditions.values()),
        event_key=data.events.event_key,
        limits=limits,
    )
    with ctx.writing("events") as events, ctx.writing("rejects") as rejects, ctx.writing("intake") as intake:
        cleaning.clean(typed, events, rejects, intake)

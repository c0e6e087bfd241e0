"""measure_health: what came in and what the catalogue knows of it, against what the gates expect."""

import datetime as dt

import pyarrow as pa

from features.daily import happened, with_exposures
from features.health import days_of, judge_catalogue, judge_events
from features.profile import ITEM_COLUMNS, MAPS, PROFILE, profile_catalogue, profile_coverage
from jobs.gates import findings_table
from jobs.runtime.context import Context

TABLES = ("items", "users")


def run(ctx: Context) -> None:
    settings, ds = ctx.config.health, ctx.ds
    before = [day for day in ctx.inputs("event_profile") if day < ds]
    events = ctx.read_arrow("event_profile", PROFILE.names).to_pylist()
    findings = judge_events(days_of(events, "events", ds, before), as_of=ds, settings=settings)

    counted, before = _catalogue(ctx), ctx.inputs("catalogue_profile")
    earlier = ctx.read_arrow("catalogue_profile", PROFILE.names).to_pylist() if before else []
    for table in TABLES:
        days = days_of([*earlier, *counted.to_pylist()], table, ds, before)
        findings += judge_catalogue(days, table=table, age_days=_age_days(ctx, table), settings=settings)
    ctx.write_arrow("catalogue_profile", [counted])
    ctx.write_arrow("health", [findings_table(ds, findings)])


def _catalogue(ctx: Context) -> pa.Table:
    """What the tables of items and users lack, and how much of the day's events they know."""
    columns, named = {"items": ITEM_COLUMNS, "users": ()}, ctx.config.facts
    attributes = {"items": named.item_numbers, "users": named.profile}
    items, users = (
        profile_catalogue(
            ctx.iter_arrow(table, ("ds", *columns[table], MAPS[table])), table=table, attributes=attributes[table]
        )
        for table in TABLES
    )
    daily = happened(with_exposures(ctx.read("user_item_daily"), ctx.read("exposures_daily")), ctx.ds, ctx.ds)
    coverage = profile_coverage(daily, ctx.read("items"), ctx.read("users"), as_of=ctx.ds)
    known = pa.Table.from_pylist([row.asDict() for row in coverage.collect()], schema=PROFILE)
    return pa.concat_tables([items, users, known])


def _age_days(ctx: Context, table: str) -> int | None:
    day = ctx.snapshot_day(table)
    return None if day is None else (dt.date.fromisoformat(ctx.ds) - dt.date.fromisoformat(day)).days

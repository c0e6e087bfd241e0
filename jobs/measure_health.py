"""measure_health: what came in and what the catalogue knows of it, against what the gates expect."""

import datetime as dt

import pyarrow as pa

from features.daily import happened
from features.health import days_of, judge_catalogue, judge_events
from features.profile import PROFILE, profile_catalogue
from jobs.gates import findings_table
from jobs.runtime.context import Context

TABLES = ("items", "users")


def run(ctx: Context) -> None:
    settings, ds = ctx.config.health, ctx.ds
    ages = {table: _age_days(ctx, table) for table in TABLES}
    daily = happened(ctx.read("user_item_daily"), ds, ds)
    attributes = tuple(ctx.config.data.users.profile)
    counts = profile_catalogue(daily, ctx.read("items"), ctx.read("users"), attributes=attributes)
    catalogue = [{"ds": ds, **row} for row in counts]
    ctx.write_arrow("catalogue_profile", [pa.Table.from_pylist(catalogue, schema=PROFILE)])

    before = [day for day in ctx.inputs("event_profile") if day < ds]
    events = ctx.read_arrow("event_profile", PROFILE.names).to_pylist()
    findings = judge_events(days_of(events, "events", ds, before), as_of=ds, settings=settings)
    before = ctx.inputs("catalogue_profile")
    earlier = ctx.read_arrow("catalogue_profile", PROFILE.names).to_pylist() if before else []
    for table in TABLES:
        days = days_of([*earlier, *catalogue], table, ds, before)
        findings += judge_catalogue(days, table=table, age_days=ages[table], settings=settings)
    ctx.write_arrow("health", [findings_table(ds, findings)])


def _age_days(ctx: Context, table: str) -> int | None:
    day = ctx.snapshot_day(table)
    return None if day is None else (dt.date.fromisoformat(ctx.ds) - dt.date.fromisoformat(day)).days

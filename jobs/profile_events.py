"""profile_events: the days' events and records in a few rows of counts, for the gates of this day and later ones."""

from features.profile import EVENT_COLUMNS, profile_events
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    records = ctx.iter_arrow("intake", ("ds", "verdict", "records"))
    ctx.write_arrow("event_profile", [profile_events(ctx.iter_arrow("events", EVENT_COLUMNS), records)])

"""profile_events: the days' events and records in a few rows of counts, for the gates of this day and later ones."""

from collections.abc import Iterator

import pyarrow as pa

from features.profile import EVENT_COLUMNS, profile_events
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    ctx.write_arrow("event_profile", [profile_events(ctx.iter_arrow("events", EVENT_COLUMNS), _records(ctx))])


def _records(ctx: Context) -> Iterator[pa.RecordBatch]:
    for batch in ctx.iter_arrow("events", ("ds",)):
        yield from _counted(batch["ds"], pa.array(["kept"] * len(batch)))
    for batch in ctx.iter_arrow("rejects", ("ds", "reason")):
        yield from _counted(batch["ds"], batch["reason"])


def _counted(ds: pa.Array, verdict: pa.Array) -> list[pa.RecordBatch]:
    counted = pa.table({"ds": ds, "verdict": verdict}).group_by(["ds", "verdict"]).aggregate([([], "count_all")])
    return counted.rename_columns(["ds", "verdict", "records"]).to_batches()

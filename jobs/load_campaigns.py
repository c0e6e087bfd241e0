"""load_campaigns: pins, bans and boosts that are in force for the lists of the day, which are shown the day after."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from jobs.errors import RunError
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context
from models.rerank.campaigns import read_campaigns


def run(ctx: Context) -> None:
    data, shown_on = ctx.config.data, dt.date.fromisoformat(ctx.ds) + dt.timedelta(1)
    attributes = [name for name, known in data.profile.items() if known.type == "category"]
    paths = {path.relative_to(ctx.raw.root).as_posix(): path for path in ctx.raw.snapshot("campaigns", ctx.ds)}
    try:
        texts = {name: pa.input_stream(str(path)).read().decode("utf-8-sig") for name, path in paths.items()}
        found = read_campaigns(texts, day=shown_on, scene=data.scene, attributes=attributes, places=ctx.config.topn.n)
    except (OSError, ValueError) as error:
        raise RunError(f"campaigns: {error}. Mend the file, or take it away, and run again.") from error
    if paths:
        others = "".join(f", {count} {why}" for why, count in sorted(found.others.items()))
        ctx.say(f"campaigns for lists shown on {shown_on}: {len(found.rows)} in force{others}")
    rows = [
        {
            **{"ds": ctx.ds, "number": number, "action": row.action, "target": row.target[0], "value": row.target[1]},
            **{"segment": row.segment or None, "position": row.position, "factor": row.factor},
            **{"start_day": str(row.start), "end_day": str(row.end)},
        }
        for number, row in enumerate(found.rows, start=1)
    ]
    ctx.write_arrow("campaigns", [pa.Table.from_pylist(rows, schema=arrow_schema(ctx.contract("campaigns")))])

"""report_model: the model beside its parts and earlier ones on a window that none has seen. No part of the night.

Where exposures are logged it is the click model, on the impressions of the window; else the ranker, on its samples.
"""

from __future__ import annotations

import pyarrow as pa

from jobs.errors import RunError
from jobs.runtime.context import Context
from jobs.tables.clicks import click_feature_names
from jobs.tables.lists import kept_features
from models.clicks.samples import NEEDED, impressions_of
from models.rank import load_ranker
from models.rank.base import RANKER_FILE, Ranker, read_json
from models.rank.model_report import model_report
from models.rank.table import COLUMNS, samples_of

PARTS = ("gbdt_lr", "lr", "gbdt")  # the hybrid and its parts, whichever stands
EARLIER = 2  # stored models that are judged, too


def run(ctx: Context) -> None:
    (table, _), clicked = (read.table for read in ctx.job.reads), ctx.config.clicked
    settings = ctx.config.get("clicks" if clicked else "rank")
    if clicked:
        names = click_feature_names(ctx.config.facts)
        samples, positive, users = impressions_of(ctx.read_arrow(table, [*NEEDED, *names]), names)
    else:
        names = kept_features(ctx.contract(table), settings.drop)
        samples, users = samples_of(ctx.read_arrow(table, [*COLUMNS, *names]), names)
        positive = samples.y
    kinds = dict.fromkeys((settings.ranker, *PARTS))
    new = {kind: load_ranker(kind)(getattr(settings, kind), seed=settings.seed) for kind in kinds}
    stored = _stored(ctx, tuple(names))
    try:
        found = model_report(samples, positive, users, new, stored, settings.gbdt, ctx.config.get("model_report"))
    except ValueError as error:
        raise RunError(f"the {table} of {', '.join(ctx.inputs(table))} don't suffice: {error}") from error
    for written in ctx.job.writes:
        rows = getattr(found, written)
        ctx.write_arrow(written, [rows.add_column(0, "ds", pa.array([ctx.ds] * len(rows)))])


def _stored(ctx: Context, names: tuple[str, ...]) -> dict[str, Ranker]:
    """The last models that stood before the newest label window, whose samples they may not have seen."""
    table, model = (read.table for read in ctx.job.reads)
    newest = ctx.inputs(table)[-1]
    found = {}
    for day in [day for day in ctx.inputs(model) if day < newest][-EARLIER:]:
        folder = ctx.day_folder(model, day)
        ranker = load_ranker(read_json(folder / RANKER_FILE)["kind"]).load(folder)
        if ranker.feature_names == names:
            found[f"stored {day}"] = ranker
        else:
            ctx.say(f"warning: the model stored for {day} knows other features, and isn't judged.")
    return found

"""train_ranker: the ranker, learned from the label windows that end on or before the day."""

from __future__ import annotations

from jobs.errors import RunError
from jobs.proof import trained_ranker
from jobs.runtime.context import Context
from jobs.tables.lists import kept_features
from models.rank import load_ranker
from models.rank.table import COLUMNS, samples_of


def run(ctx: Context) -> None:
    settings = ctx.config.get("rank")
    names = kept_features(ctx.contract("samples"), settings.drop)
    samples, _ = samples_of(ctx.read_arrow("samples", [*COLUMNS, *names]), names)
    kind = trained_ranker(ctx)
    ranker = load_ranker(kind)(getattr(settings, kind), seed=settings.seed)
    try:
        ranker.fit(samples.X, samples.y, samples.weight, samples.fold, names)
    except ValueError as error:
        raise RunError(f"the samples of {', '.join(ctx.inputs('samples'))} don't suffice: {error}") from error
    ctx.write_folder("ranker", ranker.save)

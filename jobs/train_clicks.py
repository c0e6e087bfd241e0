"""train_clicks: the click model, learned from the impressions of the label windows that end on or before the day."""

from __future__ import annotations

from jobs.errors import RunError
from jobs.runtime.context import Context
from jobs.tables.clicks import click_feature_names
from models.rank import load_ranker
from models.rank.table import COLUMNS, samples_of


def run(ctx: Context) -> None:
    settings, names = ctx.config.get("clicks"), click_feature_names(ctx.config.facts)
    samples, _ = samples_of(ctx.read_arrow("impressions", [*COLUMNS, *names]), names)
    ranker = load_ranker(settings.ranker)(getattr(settings, settings.ranker), seed=settings.seed)
    try:
        ranker.fit(samples.X, samples.y, samples.weight, samples.fold, names)
    except ValueError as error:
        raise RunError(
            f"the impressions of {', '.join(ctx.inputs('impressions'))} don't suffice: {error} A night does without a "
            'click model with clicks.ranker = "".'
        ) from error
    ctx.write_folder("click_model", ranker.save)

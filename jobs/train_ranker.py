"""train_ranker: the ranker and the coarse one before it, learned from the label windows that end by the day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jobs.errors import RunError
from jobs.proof import trained_ranker
from jobs.runtime.context import Context
from jobs.tables.lists import kept_features
from models.rank import load_ranker
from models.rank.coarse import COARSE, Coarse
from models.rank.table import COLUMNS, samples_of
from models.recall import evidence_names


def run(ctx: Context) -> None:
    settings, days = ctx.config.get("rank"), ctx.inputs("samples")
    evidence = evidence_names(ctx.config.get("recall.channels"))
    names = kept_features(ctx.contract("samples"), settings.drop)
    kind = trained_ranker(ctx)
    read = [*names, *(name for name in evidence if name not in names)]
    samples, _ = samples_of(ctx.read_arrow("samples", [*COLUMNS, *read]), read)
    given = replace(samples, X=samples.X[:, : len(names)], names=tuple(names))
    ranker = load_ranker(kind)(getattr(settings, kind), seed=settings.seed)
    try:
        ranker.fit(given.X, given.y, given.weight, given.fold, names, given.group)
        coarse = Coarse.fit(samples, evidence, settings.keep)
    except ValueError as error:
        raise RunError(f"the samples of {', '.join(days)} don't suffice: {error}") from error
    facts = {"days": days, "config": ctx.config.fingerprint(ctx.job.settings)}
    metrics = {"samples": len(samples.y), "positives": float(samples.y.sum())}

    def save(folder: Path) -> None:
        ranker.save(folder, metrics, facts)
        coarse.save(folder / COARSE)

    ctx.write_folder("ranker", save)

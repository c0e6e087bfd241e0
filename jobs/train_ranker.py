"""train_ranker: the ranker, learned from the label windows that end on or before the day."""

from __future__ import annotations

import numpy as np

from jobs.errors import RunError
from jobs.runtime.context import Context
from jobs.tables.lists import sample_feature_names
from models.rank import load_ranker

KEYS = ("ds", "user_code", "item_code")


def run(ctx: Context) -> None:
    settings, names = ctx.config.get("rank"), sample_feature_names(ctx.config.get("recall.channels"), ctx.config.facts)
    table = ctx.read_arrow("samples", [*KEYS, "label", "weight", *names]).sort_by([(key, "ascending") for key in KEYS])
    _, fold = np.unique(table["ds"].to_numpy(zero_copy_only=False), return_inverse=True)
    X = np.empty((len(table), len(names)), np.float32)
    for column, name in enumerate(names):
        X[:, column] = table[name].to_numpy()
    ranker = load_ranker(settings.ranker)(getattr(settings, settings.ranker), seed=settings.seed)
    try:
        ranker.fit(X, table["label"].to_numpy(), table["weight"].to_numpy(), fold.astype(np.int32), names)
    except ValueError as error:
        raise RunError(f"the samples of {', '.join(ctx.inputs('samples'))} don't suffice: {error}") from error
    ctx.write_folder("ranker", ranker.save)

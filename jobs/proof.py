"""What the newest proof says: which order of the candidates is published, and which ranker is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from jobs.runtime.config import Config
from jobs.runtime.context import Context, input_days
from jobs.runtime.store import Store
from jobs.side_jobs import NEWEST_PROOF
from models.recall import FUSED

PLAIN = (FUSED, "popular")  # what a ranker has to beat: merged recall and popularity


@dataclass(frozen=True)
class Verdict:
    """published: the order that lists are made of. trained: the best ranker. why: in words."""

    published: str
    trained: str
    why: str


def verdict_of(ctx: Context) -> Verdict | None:
    """None before there is a proof, or where it proved nothing: then the configured ranker stands."""
    if not ctx.inputs("proof"):
        return None
    columns = ["ds", "as_of", "source", "metric", "value", "users", "published", "trained"]
    return read_verdict(ctx.read_arrow("proof", columns).to_pylist(), ctx.config.proof.metric)


def read_verdict(rows: Sequence[Mapping[str, Any]], metric: str) -> Verdict | None:
    """From the rows of one day's proof, of which those of the metric that decided are looked at."""
    rows = [row for row in rows if row["metric"] == metric]
    if not rows:
        return None
    (published,), (trained,) = ([row for row in rows if row[flag]] for flag in ("published", "trained"))
    beaten = max((row for row in rows if row["source"] in PLAIN), key=lambda row: row["value"], default=None)
    proven = published["source"] == trained["source"]
    told = _figure(trained) if not proven else _figure(beaten) if beaten else "nothing else"
    why = (
        f"{_figure(published)} {'beats' if proven else 'stands in for'} {told}: {metric} over {published['users']} "
        f"users, {published['as_of']} to {published['ds']}"
    )
    return Verdict(published["source"], trained["source"], why)


def stored_verdict(config: Config, day: str) -> Verdict | None:
    """The verdict that the lists of a day obey, if there is one."""
    store, days = Store(config.store_root), input_days(NEWEST_PROOF, [day], config)
    if not days or store.digest("proof", days[0]) is None:
        return None
    (folder,) = store.folders("proof", days)
    return read_verdict(pq.read_table(folder).to_pylist(), config.proof.metric)


def trained_ranker(ctx: Context) -> str:
    """The ranker to train and to rank with: that of the newest proof, else the configured one."""
    verdict = verdict_of(ctx)
    return verdict.trained if verdict else str(ctx.config.get("rank.ranker"))


def _figure(row: Mapping[str, Any]) -> str:
    return f"{row['source']} {row['value']:.4f}"

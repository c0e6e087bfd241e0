"""What the newest proof says: which order of the candidates is published, and which ranker is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.runtime.config import Config
from jobs.runtime.context import Context
from jobs.runtime.inputs import input_days
from jobs.runtime.store import Store
from jobs.side_jobs import NEWEST_PROOF
from jobs.tables.proof import PROOF
from models.evaluate.pool import Window
from models.recall import FUSED, SHARED

PLAIN = (FUSED, "popular")  # what a ranker has to beat: merged recall and popularity
UNPROVEN_SHARED = "popular"  # what strangers are given before there is a proof
DECISIVE = ("ds", "as_of", "source", "metric", "pooled", "pooled_users", "pooled_from", "published", "trained")


@dataclass(frozen=True)
class Verdict:
    """published: the order that lists are made of. trained: the best ranker. why: in words. shared: the channel whose
    list strangers are given. shared_why: in words.
    """

    published: str
    trained: str
    why: str
    shared: str
    shared_why: str


def verdict_of(ctx: Context) -> Verdict | None:
    """None before there is a proof, or where it proved nothing: then the configured ranker stands."""
    if not ctx.inputs("proof"):
        return None
    return read_verdict(ctx.read_arrow("proof", DECISIVE).to_pylist(), ctx.config.proof.metric)


def read_verdict(rows: Sequence[Mapping[str, Any]], metric: str) -> Verdict | None:
    """From the rows of one day's proof, of which those of the metric that decided are looked at."""
    rows = [row for row in rows if row["metric"] == metric and row["pooled"] is not None]
    if not rows:
        return None
    (published,), (trained,) = ([row for row in rows if row[flag]] for flag in ("published", "trained"))
    beaten = max((row for row in rows if row["source"] in PLAIN), key=lambda row: row["pooled"], default=None)
    proven = published["source"] == trained["source"]
    told = _figure(trained) if not proven else _figure(beaten) if beaten else "nothing else"
    over = f"{metric} over {published['pooled_users']} users, {published['pooled_from']} to {published['ds']}"
    why = f"{_figure(published)} {'beats' if proven else 'stands in for'} {told}: {over}"
    # They differ in nothing but their half-life, so the mean decides, and the first of SHARED where means are equal.
    lists = [row for row in rows if row["source"] in SHARED]
    lists.sort(key=lambda row: (-row["pooled"], SHARED.index(row["source"])))
    shared = lists[0]["source"] if lists else UNPROVEN_SHARED
    shared_why = f"{', '.join(map(_figure, lists)) or UNPROVEN_SHARED}: {over}"
    return Verdict(published["source"], trained["source"], why, shared, shared_why)


def stored_verdict(config: Config, day: str) -> Verdict | None:
    """The verdict that the lists of a day obey, if there is one."""
    store, days = Store(config.store_root, {PROOF.name: PROOF.shape}), input_days(NEWEST_PROOF, [day], config)
    if not days or store.digest("proof", days[0]) is None:
        return None
    (folder,) = store.folders("proof", days)
    return read_verdict(pq.read_table(folder).to_pylist(), config.proof.metric)


def trained_ranker(ctx: Context) -> str:
    """The ranker to train and to rank with: that of the newest proof, else the configured one."""
    verdict = verdict_of(ctx)
    return verdict.trained if verdict else str(ctx.config.get("rank.ranker"))


def _figure(row: Mapping[str, Any]) -> str:
    return f"{row['source']} {row['pooled']:.4f}"


def earlier_windows(ctx: Context, config: str) -> dict[str, Window]:
    """as_of -> the proof of a label window before the job's, of those that were made under the settings of that digest
    and say how far each source was from the configured ranker.
    """
    if not ctx.inputs("proof"):
        return {}
    ours = (pc.field("metric") == ctx.config.proof.metric) & (pc.field("config") == config)
    rows = ctx.read_arrow("proof", [*DECISIVE, "value", "users", "lead", "lead_error", "config"]).filter(ours)
    found = dict[str, list[dict[str, Any]]]()
    for row in rows.to_pylist():
        found.setdefault(row["as_of"], []).append(row)
    return {
        as_of: Window(
            mine[0]["users"],
            {row["source"]: row["value"] for row in mine},
            {row["source"]: (row["lead"], row["lead_error"]) for row in mine},
        )
        for as_of, mine in found.items()
        if ctx.config.get("rank.ranker") in {row["source"] for row in mine}
    }

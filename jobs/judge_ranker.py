"""judge_ranker: the rankers, merged recall and every channel on a label window that none of them has seen."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from jobs.contest import coarse_of, contest_of, earlier_samples, fitted, judge
from jobs.proof import PLAIN, read_verdict
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context
from models.evaluate.ablation import of_features
from models.evaluate.contest import Contest
from models.evaluate.summary import Judged, best_ranker, standing, winner

Rows = list[dict[str, object]]


def run(ctx: Context) -> None:
    contest = contest_of(ctx)
    kinds = (ctx.config.get("rank.ranker"), *ctx.config.proof.rankers)
    samples = earlier_samples(ctx, contest)
    rankers = fitted(ctx, kinds, of_features(samples, contest.names))
    coarse = coarse_of(ctx, contest, samples) if rankers else None
    contest = replace(contest, rankers=rankers, coarse=coarse, modes=contest.modes[:1])
    rows = _proven(ctx, contest, judge(ctx, contest, ctx.config.proof.users)) if contest.rankers else []
    (as_of,) = ctx.inputs("candidates")
    filled = [{"ds": ctx.ds, "as_of": as_of, **row} for row in rows]
    if verdict := read_verdict(filled, ctx.config.proof.metric):
        ctx.say(f"proof {ctx.ds}: {verdict.why}")
    ctx.write_arrow("proof", [pa.Table.from_pylist(filled, schema=arrow_schema(ctx.contract("proof")))])


def _proven(ctx: Context, contest: Contest, judged: Judged) -> Rows:
    """None when too few users took something: chance would decide."""
    settings, (mode,) = ctx.config.proof, contest.modes
    found = standing(judged, mode, contest.sources, settings)
    if found.users < settings.min_users:
        ctx.say(f"proof {ctx.ds}: nothing is proven by {found.users} users, proof.min_users is {settings.min_users}")
        return []
    plain = [source for source in PLAIN if source in contest.sources]
    trained = best_ranker(found, settings.metric, list(contest.rankers), settings.level)
    published = winner(found.of(settings.metric), trained, plain)
    rows = found.rows(settings.level, published)
    return [{**row, "published": row["source"] == published, "trained": row["source"] == trained} for row in rows]

"""judge_ranker: the rankers, merged recall and every channel on a label window that none of them has seen."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from jobs.contest import coarse_of, contest_of, earlier_samples, fitted, judge
from jobs.proof import PLAIN, earlier_windows, read_verdict
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context
from models.evaluate.ablation import of_features
from models.evaluate.contest import Contest
from models.evaluate.pool import Window, best_ranker, pooled, winner
from models.evaluate.summary import Judged, Standing, standing
from models.rank.coarse import COARSE

Rows = list[dict[str, object]]


def run(ctx: Context) -> None:
    contest = contest_of(ctx)
    kinds = (ctx.config.get("rank.ranker"), *ctx.config.proof.rankers)
    samples = earlier_samples(ctx, contest)
    rankers = fitted(ctx, kinds, of_features(samples, contest.names))
    coarse = coarse_of(ctx, contest, samples) if rankers else None
    contest = replace(contest, rankers=rankers, coarse=coarse, modes=contest.modes[:1])
    rows = _proven(ctx, contest, judge(ctx, contest, ctx.config.proof.users)) if contest.rankers else []
    if verdict := read_verdict(rows, ctx.config.proof.metric):
        ctx.say(f"proof {ctx.ds}: {verdict.why}")
    ctx.write_arrow("proof", [pa.Table.from_pylist(rows, schema=arrow_schema(ctx.contract("proof")))])


def _proven(ctx: Context, contest: Contest, judged: Judged) -> Rows:
    """None when too few users took something: chance would decide."""
    settings, (mode,) = ctx.config.proof, contest.modes
    found = standing(judged, mode, contest.sources, settings)
    if found.users < settings.min_users:
        ctx.say(f"proof {ctx.ds}: nothing is proven by {found.users} users, proof.min_users is {settings.min_users}")
        return []
    return _decided(ctx, found, list(contest.rankers))


def _decided(ctx: Context, found: Standing, rankers: list[str]) -> Rows:
    """By this window and those before it together, as far as they were judged under the same settings."""
    settings, (as_of,) = ctx.config.proof, ctx.inputs("candidates")
    config = ctx.config.fingerprint((*ctx.job.settings, "windows"))
    own = Window(found.users, found.of(settings.metric), found.leads(settings.metric, rankers[0]))
    earlier = earlier_windows(ctx, config) if rankers[0] == ctx.config.get("rank.ranker") else {}
    together = pooled([own, *earlier.values()])
    trained = best_ranker(together, rankers, settings.level)
    learned = best_ranker(together, [*rankers, COARSE], settings.level)
    published = winner(together.values, learned, PLAIN, COARSE)
    common = {"ds": ctx.ds, "as_of": as_of, "config": config, "pooled_from": min([as_of, *earlier])}
    rows = found.rows(settings.level, published)
    for row in rows:
        source = str(row["source"])
        row |= {
            **common,
            "pooled_users": together.users,
            "published": source == published,
            "trained": source == trained,
        }
        if row["metric"] == settings.metric:
            lead, error = own.leads[source]
            row |= {"lead": lead, "lead_error": error, "pooled": together.values.get(source)}
    return rows

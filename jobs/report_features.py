"""report_features: what each of the ranker's features is worth, and which to drop. No part of the night."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from jobs.errors import RunError
from jobs.runtime.context import Context
from jobs.tables.lists import kept_features
from models.rank import load_ranker
from models.rank.table import COLUMNS, samples_of
from models.rank.trees import TreeConfig
from models.select.report import report
from models.select.sample import drawn_users


def run(ctx: Context) -> None:
    rank, names = ctx.config.get("rank"), kept_features(ctx.contract("samples"), ())
    standing = getattr(rank, rank.ranker)
    samples, users = samples_of(pa.Table.from_batches(_drawn(ctx, names)), names)
    trees = standing if isinstance(standing, TreeConfig) else rank.gbdt
    new = partial(load_ranker(rank.ranker), standing)
    try:
        found = report(samples, users, ctx.config.report, trees, lambda seed: new(seed=seed))
    except ValueError as error:
        raise RunError(f"the samples of {', '.join(ctx.inputs('samples'))} don't suffice: {error}") from error
    for table in ctx.job.writes:
        rows = getattr(found, table)
        ctx.write_arrow(table, [rows.add_column(0, "ds", pa.array([ctx.ds] * len(rows)))])


def _drawn(ctx: Context, names: list[str]) -> Iterator[pa.RecordBatch]:
    settings = ctx.config.report
    share = settings.rows / sum(batch.num_rows for batch in ctx.iter_arrow("samples", ["user_code"]))
    for batch in ctx.iter_arrow("samples", [*COLUMNS, *names]):
        yield batch.filter(pa.array(drawn_users(batch["user_code"].to_numpy(), share, settings.seed)))

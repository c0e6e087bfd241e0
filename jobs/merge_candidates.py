"""merge_candidates: what the channels recalled, one set per user, with the score and rank of each and of all fused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa

from jobs.errors import RunError
from jobs.graph import recall_table
from jobs.runtime.ahead import each_ahead
from jobs.runtime.context import Context
from models.recall.blocks import merge_block

USERS_A_BLOCK = 1024  # small enough that a few thousand users already keep all cores busy


def run(ctx: Context) -> None:
    """In this process, as recall is: a dozen tables of lists took several times as long through Spark's joins."""
    channels, fusion = ctx.config.get("recall.channels"), ctx.config.get("recall.fusion")
    merge = partial(merge_block, channels=channels, fusion=fusion)
    merged = each_ahead(merge, _side_by_side(ctx, channels))
    tables = (pa.Table.from_batches([rows]) for rows in merged)
    ctx.write_arrow("candidates", (rows.add_column(0, "ds", pa.array([ctx.ds] * len(rows))) for rows in tables))


def _side_by_side(ctx: Context, channels: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Every channel's lists of the same users; recall writes them for all users of the directory, in its order."""
    columns = ["user_code", "item_codes", "scores"]
    streams = [ctx.iter_arrow(recall_table(channel), columns, USERS_A_BLOCK) for channel in channels]
    for parts in zip(*streams, strict=True):
        users = parts[0]["user_code"]
        if strangers := [name for name, part in zip(channels, parts, strict=True) if part["user_code"] != users]:
            raise RunError(f"{', '.join(strangers)} recalled for other users than {channels[0]} did: rebuild {ctx.ds}.")
        lists = {f"{channel}_codes": part["item_codes"] for channel, part in zip(channels, parts, strict=True)}
        lists |= {f"{channel}_scores": part["scores"] for channel, part in zip(channels, parts, strict=True)}
        yield pa.RecordBatch.from_pydict({"user_code": users, **lists})

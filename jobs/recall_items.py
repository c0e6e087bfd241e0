"""recall_<channel>: the channel's best items for every user of the directory. One file serves all channels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from jobs.graph import recall_table
from jobs.interactions import read_catalogue, read_interactions
from jobs.runtime.context import Context
from models.recall import load_channel
from models.types import Lists

USERS_A_BLOCK = 4096


def run(ctx: Context) -> None:
    name, recall = str(ctx.job.channel), ctx.config.get("recall")
    interactions, config = read_interactions(ctx), getattr(recall, name)
    channel = load_channel(name)(config, repeats=ctx.config.data.repeats, seed=recall.seed)
    if channel.uses_spark:
        _ = ctx.spark  # started when it is first asked for
    channel.fit(interactions, read_catalogue(ctx, channel.needs))
    users = np.arange(interactions.shape[0], dtype=np.int32)
    blocks = (users[start : start + USERS_A_BLOCK] for start in range(0, len(users), USERS_A_BLOCK))
    lists = ((block, channel.recall(block, config.k or recall.k)) for block in blocks)
    ctx.write_arrow(recall_table(name), _rows(ctx.ds, lists))


def _rows(ds: str, blocks: Iterator[tuple[np.ndarray, Lists]]) -> Iterator[pa.Table]:
    for users, lists in blocks:
        offsets = pa.array(lists.offsets.astype(np.int32))
        yield pa.table(
            {
                "ds": pa.array([ds] * len(users)),
                "user_code": users,
                "item_codes": pa.ListArray.from_arrays(offsets, pa.array(lists.items)),
                "scores": pa.ListArray.from_arrays(offsets, pa.array(lists.scores)),
            }
        )

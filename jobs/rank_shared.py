"""rank_shared: the lists of the channels that recommend the same to everyone, each as a stranger is given it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
import pyarrow as pa

from jobs.interactions import read_interactions
from jobs.runtime.context import Context
from models.recall import SHARED, load_channel
from models.recall.shared_list import SharedList


def run(ctx: Context) -> None:
    ctx.write_arrow("shared_items", _lists(ctx))


def _lists(ctx: Context) -> Iterator[pa.Table]:
    recall, interactions = ctx.config.get("recall"), read_interactions(ctx)
    for name in SHARED:
        kind = cast(type[SharedList], load_channel(name))
        channel = kind(getattr(recall, name), repeats=True, seed=recall.seed).fit(interactions)
        codes, scores = channel.shared(ctx.config.topn.n)
        rows = {
            "ds": pa.array([ctx.ds] * len(codes)),
            "source": pa.array([name] * len(codes)),
            "rank": np.arange(1, len(codes) + 1, dtype=np.int32),
            "item_code": codes,
            "score": scores,
        }
        yield pa.table(rows)

"""rank_segments: popular items of the users that share an attribute."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from jobs.item_lists import item_ids, list_rows
from jobs.profiles import profile_values
from jobs.runtime.context import Context
from models.products.segments import NO_SEGMENT, SegmentCounts, segment_codes


def run(ctx: Context) -> None:
    settings, ids = ctx.config.get("products.segments"), item_ids(ctx)
    profile = ctx.config.data.profile
    attributes = settings.attributes or [name for name, known in profile.items() if known.type == "category"]
    columns = [f"profile_{name}" for name in attributes]
    users = ctx.read_arrow("user_features", ["user_code", *columns]).sort_by("user_code")
    values, names, sizes = profile_values(ctx), list[str](), list[int]()
    segments = np.full((users.num_rows, len(attributes)), NO_SEGMENT, np.int32)
    for number, (attribute, column) in enumerate(zip(attributes, columns, strict=True)):
        codes = users[column].to_numpy()
        mine, kept = segment_codes(codes, settings.min_users)
        segments[:, number] = np.where(mine == NO_SEGMENT, NO_SEGMENT, mine + len(names))
        names += [f"{attribute}={values[attribute][value]}" for value in kept]
        sizes += np.bincount(mine[mine != NO_SEGMENT], minlength=len(kept)).tolist()
    counts = SegmentCounts(segments, len(names), len(ids), ctx.config.get("recall.popular.half_life_days"))
    for batch in ctx.iter_arrow("interactions", ["user_code", "item_code", "age"]):
        counts.add(*(batch[name].to_numpy() for name in ("user_code", "item_code", "age")))
    owners = {"segment": pa.array(names, pa.string()), "users": pa.array(sizes, pa.int64())}
    ctx.write_arrow("segment_items", [list_rows(ctx, owners, counts.top(ctx.config.topn.n), ids)])

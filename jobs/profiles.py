"""What the codes of users' attributes mean."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.runtime.context import Context


def profile_values(ctx: Context) -> dict[str, list[str]]:
    """Attribute -> its values in their order, which is what the codes in user_features are positions in."""
    found: dict[str, set[str]] = {}
    for batch in ctx.iter_arrow("users", ["profile"]):
        pairs = pa.table({"name": batch["profile"].keys, "value": batch["profile"].items}).group_by(["name", "value"])
        for row in pairs.aggregate([]).filter(pc.is_valid(pc.field("value"))).to_pylist():
            found.setdefault(row["name"], set()).add(row["value"])
    return {name: sorted(values) for name, values in found.items()}

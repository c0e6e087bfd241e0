"""A night's tables as what the publisher streams to Redis."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow.compute as pc

from jobs.coded_lists import ItemOrder
from jobs.hidden import hidden_items
from jobs.item_lists import item_ids
from jobs.proof import verdict_of
from jobs.runtime.context import Context
from jobs.side_jobs import NEWEST_PROOF
from predawn.codec import Reason
from predawn.products import Lists, Products

GATES = ("gates", "feature_gates")
DETAILS = ("name", "category", "subcategory", "brand", "price")


def version_of(ctx: Context) -> str:
    """Equal content is the same version, however often it is built."""
    digests = [ctx.digest(read.table) for read in ctx.job.reads if not read.on and read != NEWEST_PROOF]
    return f"{ctx.ds}.{hashlib.blake2b(''.join(digests).encode(), digest_size=4).hexdigest()}"


def products_of(ctx: Context) -> Products:
    """Streams, but for the popular list and the order of the items. Lists that belong to no user have passed no rules,
    so they leave out here what nobody may be shown.
    """
    hidden = hidden_items(ctx)
    order = ItemOrder(ctx.iter_arrow("topn", ["item_ids", "item_codes"]))
    popular = ctx.read_arrow("popular_items", ["rank", "item_id"]).sort_by("rank")["item_id"].to_pylist()
    enabled = ctx.config.products.enabled
    return Products(
        lists=order.coded(ctx.iter_arrow("topn", ["user_id", "item_codes"]), "user_id"),
        popular=_shown(popular, hidden),
        segments=_lists(ctx, "segment_items", "segment", hidden) if "segments" in enabled else (),
        similar=_lists(ctx, "similar_items", "item_id", hidden) if "similar" in enabled else (),
        together=_lists(ctx, "bought_together", "item_id", hidden) if "together" in enabled else (),
        why=_reasons(ctx) if "reasons" in enabled else (),
        features=_details(ctx) if "details" in enabled else (),
        history=_history(ctx) if "history" in enabled else (),
        items=order.ids,
        expected=order.lists,
    )


def gate_of(ctx: Context) -> str:
    """What let the lists pass, for `predawn status`. Raises unless the gates opened for what was measured last."""
    for table in GATES:
        ctx.digest(table)
    rows = [row for table in GATES for row in ctx.read_arrow(table, ["gate", "table_name"]).to_pylist()]
    accepted = sorted({f"{row['gate']} of {row['table_name']}" for row in rows})
    gates = f"passed, but for {', '.join(accepted)}, which was accepted" if accepted else "passed"
    verdict = verdict_of(ctx)
    return f"{gates}; {verdict.why}" if verdict else f"{gates}; the ranker isn't proven yet"


def _lists(ctx: Context, table: str, owner: str, hidden: frozenset[str]) -> Lists:
    for batch in ctx.iter_arrow(table, [owner, "item_ids"]):
        for name, items in zip(batch[owner].to_pylist(), batch["item_ids"].to_pylist(), strict=True):
            if shown := _shown(items, hidden):
                yield name, shown


def _shown(items: list[str], hidden: frozenset[str]) -> list[str]:
    return [item for item in items if item not in hidden] if hidden else items


def _reasons(ctx: Context) -> Iterator[tuple[str, Sequence[Reason]]]:
    columns = ["user_id", "scores", "channels", "evidence_ids"]
    for batch in ctx.iter_arrow("reasons", columns):
        for user, *parts in zip(*(batch[name].to_pylist() for name in columns), strict=True):
            yield user, [Reason(*place) for place in zip(*parts, strict=True)]


def _details(ctx: Context) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of the items that may be listed; what the catalogue doesn't say is left out."""
    known = item_ids(ctx)
    for batch in ctx.iter_arrow("items", ["item_id", *DETAILS]):
        for row in batch.filter(pc.is_in(batch["item_id"], known)).to_pylist():
            yield row.pop("item_id"), {name: value for name, value in row.items() if value is not None}


def _history(ctx: Context) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    columns = ["user_id", "item_ids", "days", "counts"]
    for batch in ctx.iter_arrow("user_history", columns):
        for user, *parts in zip(*(batch[name].to_pylist() for name in columns), strict=True):
            yield user, [dict(zip(("item", "day", "count"), entry, strict=True)) for entry in zip(*parts, strict=True)]

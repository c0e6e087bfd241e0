"""publish_lists: the day's lists to Redis as one version, live last; older days never replace newer ones unasked."""

from __future__ import annotations

import hashlib

import pyarrow as pa

from jobs.coded_lists import ItemOrder
from jobs.errors import RunError
from jobs.runtime.context import Context
from predawn.connection import connect
from predawn.errors import OlderThanLive, PredawnError
from predawn.products import Products
from predawn.publisher import Publisher

GATES = ("gates", "feature_gates")
SECONDS_A_DAY = 86_400


def run(ctx: Context) -> None:
    settings, scene = ctx.config.publish, ctx.config.data.scene
    gate, ttl_seconds = _gate(ctx), int(settings.ttl_days * SECONDS_A_DAY)
    version = f"{ctx.ds}.{_content(ctx)}"
    try:
        publisher = Publisher(connect(settings.url), scene, ttl_seconds, settings.keep, memory_mb=settings.memory_mb)
        made = publisher.publish(ctx.ds, version, _products(ctx), bool(ctx.options.get("make_live")), gate)
        users, checksum = made.users, made.checksum
        ctx.say(f"published {users} lists of scene {scene} as version {version}, live now")
    except OlderThanLive as refused:
        users, checksum = 0, ""
        ctx.say(f"not published: {refused}")
    except (PredawnError, ValueError) as error:  # ValueError: a URL that is none
        raise RunError(str(error)) from error
    row = {"ds": [ctx.ds], "scene": [scene], "version": [version], "users": [users], "checksum": [checksum]}
    ctx.write_arrow("publications", [pa.table(row)])


def _products(ctx: Context) -> Products:
    popular = ctx.read_arrow("popular_items", ["rank", "item_id"]).sort_by("rank")["item_id"].to_pylist()
    order = ItemOrder(ctx.iter_arrow("topn", ["item_ids", "item_codes"]))
    lists = order.coded(ctx.iter_arrow("topn", ["user_id", "item_codes"]), "user_id")
    return Products(lists, popular, items=order.ids, expected=order.lists)


def _gate(ctx: Context) -> str:
    """What let the lists pass, for `predawn status`. Raises unless the gates opened for what was measured last."""
    for gates in GATES:
        ctx.digest(gates)
    failed = [f"{row['gate']} of {row['table_name']}" for each in GATES for row in ctx.read_arrow(each, ["gate", "table_name"]).to_pylist()]
    return f"passed, but for {', '.join(sorted(set(failed)))}, which was accepted" if failed else "passed"


def _content(ctx: Context) -> str:
    """Equal lists are the same version, however often they are built."""
    digests = [ctx.digest(table) for table in ("topn", "popular_items")]
    return hashlib.blake2b("".join(digests).encode(), digest_size=4).hexdigest()

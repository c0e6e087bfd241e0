"""publish_lists: the day's lists to Redis as one version, live last; older days never replace newer ones unasked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyarrow as pa

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
    popular = ctx.read_arrow("popular_items", ["rank", "item_id"]).sort_by("rank")["item_id"].to_pylist()
    for gates in GATES:
        ctx.digest(gates)  # raises unless they opened for what was measured last
    version = f"{ctx.ds}.{_content(ctx)}"
    try:
        client = connect()
    except ValueError as error:
        raise RunError(str(error)) from error
    try:
        publisher = Publisher(client, scene, ttl_seconds=int(settings.ttl_days * SECONDS_A_DAY), keep=settings.keep)
        products = Products(lists=_lists(ctx), popular=popular)
        made = publisher.publish(ctx.ds, version, products, make_live_if_older=bool(ctx.options.get("make_live")))
        users, checksum = made.users, made.checksum
        ctx.say(f"published {users} lists of scene {scene} as version {version}, live now")
    except OlderThanLive as refused:
        users, checksum = 0, ""
        ctx.say(f"not published: {refused}")
    except PredawnError as error:
        raise RunError(str(error)) from error
    row = {"ds": [ctx.ds], "scene": [scene], "version": [version], "users": [users], "checksum": [checksum]}
    ctx.write_arrow("publications", [pa.table(row)])


def _lists(ctx: Context) -> Iterator[tuple[str, list[str]]]:
    for batch in ctx.iter_arrow("topn", ["user_id", "item_ids"]):
        yield from zip(batch["user_id"].to_pylist(), batch["item_ids"].to_pylist(), strict=True)


def _content(ctx: Context) -> str:
    """Equal lists are the same version, however often they are built."""
    digests = [ctx.digest(table) for table in ("topn", "popular_items")]
    return hashlib.blake2b("".join(digests).encode(), digest_size=4).hexdigest()

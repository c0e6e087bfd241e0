"""publish_lists: the day's lists to Redis as one version, live last; older days never replace newer ones unasked."""

from __future__ import annotations

import pyarrow as pa

from jobs.errors import RunError
from jobs.publication import gate_of, products_of, version_of
from jobs.runtime.context import Context
from predawn.connection import connect
from predawn.errors import OlderThanLive, PredawnError
from predawn.experiments import publish_experiment
from predawn.publisher import Publisher

SECONDS_A_DAY = 86_400


def run(ctx: Context) -> None:
    settings, scene, variant = ctx.config.publish, ctx.config.data.scene, ctx.config.variant
    ttl_seconds, older = int(settings.ttl_days * SECONDS_A_DAY), bool(ctx.options.get("make_live"))
    try:
        client = connect(settings.url)
        gate, version = gate_of(ctx), version_of(ctx)
        publisher = Publisher(client, scene, ttl_seconds, settings.keep, variant, memory_mb=settings.memory_mb)
        made = publisher.publish(ctx.ds, version, products_of(ctx), older, gate)
        users, checksum = made.users, made.checksum
        ctx.say(f"published {users} lists of {publisher.place} as version {version}, live now")
        if variant is None:
            publish_experiment(client, scene, ctx.config.experiments.shown(scene, after=ctx.ds))
    except OlderThanLive as refused:
        users, checksum = 0, ""
        ctx.say(f"not published: {refused}")
    except (PredawnError, ValueError) as error:  # ValueError: a URL that is none
        raise RunError(str(error)) from error
    row = {"ds": [ctx.ds], "scene": [scene], "version": [version], "users": [users], "checksum": [checksum]}
    ctx.write_arrow("publications", [pa.table(row)])

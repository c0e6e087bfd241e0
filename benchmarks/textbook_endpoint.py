"""The peer of bench_http: what one would write in ten minutes. One pipeline and one JSON response for each request.

It reads the same lists of one version, whose dictionary it holds in memory; its one fallback is the popular list.
"""

from __future__ import annotations

import os
import sys

import redis.asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from predawn import keys
from predawn.codec import codes, decode, decode_ids


def app(url: str, scene: str, version: str) -> Starlette:
    client = redis.asyncio.Redis.from_url(url)
    at = keys.VersionKeys(keys.Place(scene), version)
    with redis.Redis.from_url(url) as plain:
        chunks: dict[bytes, bytes] = plain.hgetall(at.items)
    ids = [item for number in sorted(chunks, key=int) for item in decode_ids(chunks[number])]
    names = dict(zip(codes(len(ids)), ids, strict=False))

    async def user(request: Request) -> JSONResponse:
        name = request.path_params["user"]
        pipeline = client.pipeline(transaction=False)
        pipeline.get(at.user(name))
        pipeline.get(at.popular)
        own, popular = await pipeline.execute()
        items = decode(popular if own is None else own, names, int(request.query_params.get("n", 10)))
        tier = "popular" if own is None else "user"
        day = keys.day_of(version)
        return JSONResponse(
            {
                "user": name,
                "scene": scene,
                "variant": None,
                "version": version,
                "data_day": day,
                "tier": tier,
                "items": items,
            }
        )

    return Starlette(routes=[Route("/v1/users/{user}", user)])


if __name__ == "__main__":
    core, port, url, scene, version = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    uvicorn.run(app(url, scene, version), port=int(port), access_log=False, log_level="warning")

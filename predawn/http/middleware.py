"""What every request passes on its way to its route, outermost first: EncodedPath, Observe, Limit, RequireKey.

Plain ASGI: no request object is built and no task started, so each costs microseconds.
"""

from __future__ import annotations

import hmac
import math
import time
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predawn.http.metrics import Metrics
from predawn.http.problems import Problem
from predawn.http.rate import TokenBuckets, client_of

GUARDED = ("/v1/", "/metrics")  # probes and the static page are open
UNLIMITED = ("/healthz", "/readyz", "/metrics")  # a scraper and a probe come as they must
BEARER = b"bearer "


class EncodedPath:
    """Routes match the path as it was sent, so that an id's %2F doesn't become one more slash; ids are decoded last."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # Bytes of a raw path are ASCII by HTTP's grammar; others become letters that no route has.
            scope["path"] = scope["raw_path"].decode("latin-1")
        await self._app(scope, receive, send)


class Observe:
    """Counts and times each request. The route is the matched one's template, so that ids don't become labels."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception as error:  # on its way to the outermost handler, which answers 500
            scope["predawn.error"] = type(error).__name__
            raise
        finally:
            self._metrics.observe(scope, status, time.perf_counter() - began)


class Limit:
    """Answers 429 to a client that sends more than it may."""

    def __init__(self, app: ASGIApp, buckets: TokenBuckets) -> None:
        self._app = app
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _route_path(scope).startswith(UNLIMITED):
            client = client_of(scope["client"][0] if scope.get("client") else "")
            wait = self._buckets.take(client)
            if wait:
                seconds = str(math.ceil(wait))
                problem = Problem(
                    429, "rate", f"too many requests from {client}: wait {seconds} s.", {"retry-after": seconds}
                )
                await problem.response(scope.get("root_path", ""))(scope, receive, send)
                return
        await self._app(scope, receive, send)


class RequireKey:
    """Answers 401 under GUARDED unless the request bears one of the keys, as `Authorization: Bearer` or `X-API-Key`."""

    def __init__(self, app: ASGIApp, keys: Sequence[str]) -> None:
        self._app = app
        self._keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _route_path(scope).startswith(GUARDED) and not self._opens(_key_in(scope)):
            problem = Problem(
                401,
                "no-key",
                "the API key is missing or wrong: send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
                {"www-authenticate": "Bearer"},
            )
            await problem.response(scope.get("root_path", ""))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _opens(self, sent: bytes) -> bool:
        # Every key is compared, and each in constant time, so that nothing is learnt from how long it takes.
        return sum([hmac.compare_digest(sent, key) for key in self._keys]) > 0


def _key_in(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return value.strip()
        if name == b"authorization" and value[: len(BEARER)].lower() == BEARER:
            return value[len(BEARER) :].strip()
    return b""


def _route_path(scope: Scope) -> str:
    """The path without the prefix of a proxy."""
    return scope["path"].removeprefix(scope.get("root_path", ""))

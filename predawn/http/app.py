"""The application: routes and middleware around a source of lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from predawn.errors import PredawnError
from predawn.http.endpoint import Call, Described, as_json
from predawn.http.lists import ListRoutes
from predawn.http.metrics import Metrics
from predawn.http.middleware import EncodedPath, Limit, Observe, RequireKey
from predawn.http.openapi import document
from predawn.http.people import PeopleRoutes, page_routes
from predawn.http.problems import BadParameter, ProblemError, on_error
from predawn.http.rate import TokenBuckets
from predawn.http.settings import ServeSettings
from predawn.http.source import Source
from predawn.http.state import Clock, StateRoutes, utc_now


def create_app(source: Source, settings: ServeSettings, clock: Clock = utc_now) -> Starlette:
    """An ASGI application that reads from `source` and closes it at the end."""
    metrics = Metrics(source.breaker_open, source.failures)
    scene = settings.scene
    routes = [
        *ListRoutes(source, metrics, scene).described(),
        *PeopleRoutes(source, scene).described(),
        *StateRoutes(source, metrics, scene, settings.max_age_days, clock).described(),
    ]
    described = as_json(document(routes, bool(settings.keys), settings.root_path))

    async def openapi(_: Call) -> bytes:
        return described

    routes.append(Described("GET", "/openapi.json", "The description of all others", openapi, {"type": "object"}))

    @asynccontextmanager
    async def closing(_: Starlette) -> AsyncIterator[None]:
        yield
        await source.close()

    middleware = [Middleware(EncodedPath), Middleware(Observe, metrics=metrics)]
    if settings.rate:
        middleware.append(Middleware(Limit, buckets=TokenBuckets(settings.rate, settings.capacity)))
    if settings.keys:
        middleware.append(Middleware(RequireKey, keys=settings.keys))
    handled = (PredawnError, BadParameter, UnicodeDecodeError, ProblemError, HTTPException, Exception)
    app = Starlette(
        routes=[*(each.route() for each in routes), *page_routes()],
        middleware=middleware,
        exception_handlers=dict.fromkeys(handled, on_error),
        lifespan=closing,
    )
    app.router.redirect_slashes = False
    return app

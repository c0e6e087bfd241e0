"""A source of lists in memory, and a real server around an application, spoken to by the standard library's client."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from predawn.answers import Answer
from predawn.http.app import create_app
from predawn.http.parameters import Options
from predawn.http.server import bind
from predawn.http.settings import ServeSettings
from predawn.manifest import Manifest
from predawn.publication import KeptVersion, Status

SCENE = "groceries"
VERSION = "2017-12-01.a"
NOON = dt.datetime(2017, 12, 2, 12, tzinfo=dt.UTC)  # the data day ended half a day ago


def _status(variant: str | None, live: str | None) -> Status:
    """One version, live or not."""
    version = live or VERSION
    manifest = Manifest(SCENE, variant, version, version[:10], 5, 3, {"u": 5}, 9, [], "0", 1, 1000)
    return Status(SCENE, variant, live, [KeptVersion(version, "ready", live is not None, None, manifest)])


@dataclass
class MemorySource:
    """Answers that repeat what was asked for; `error` is raised instead when it is set."""

    live: str | None = VERSION
    error: Exception | None = None
    asked: list[tuple[Any, Options]] = field(default_factory=list)
    open: bool = False
    closed: bool = False

    def _answer(self, about: str, options: Options, tier: Any) -> Answer:
        if self.error:
            raise self.error
        items = [f"{about}-{rank}" for rank in range(min(options.n, 3))]
        return Answer(about, items, tier, options.scene or SCENE, VERSION, VERSION[:10], options.variant)

    async def top_many(self, users: Sequence[str], options: Options) -> Sequence[Answer]:
        self.asked.append((list(users), options))
        return [self._answer(user, options, "user") for user in users]

    async def similar(self, item: str, options: Options) -> Answer:
        self.asked.append((item, options))
        return self._answer(item, options, "item")

    async def popular(self, options: Options) -> Answer:
        self.asked.append((None, options))
        return self._answer("p", options, "popular")

    async def published(self) -> Sequence[Status]:
        if self.error:
            raise self.error
        return [_status(None, self.live), _status("b", "2017-11-01.a")]

    async def details(self, items: Sequence[str], options: Options) -> Mapping[str, Mapping[str, Any]]:
        self.asked.append((list(items), options))
        return {item: {"name": item.upper()} for item in items}

    async def history(self, user: str, options: Options) -> Sequence[Mapping[str, Any]]:
        self.asked.append((user, options))
        return [{"item": "a", "day": "2017-12-01", "count": 2}]

    async def some_users(self, options: Options) -> Sequence[str]:
        self.asked.append((None, options))
        return ["1", "2"]

    def breaker_open(self) -> bool:
        return self.open

    def failures(self) -> int:
        return 7

    async def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Sends paths as they are given, without encoding or normalising them."""

    port: int

    def send(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.send(path, headers=headers)

    def post(self, path: str, value: Any) -> Reply:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.send(path, "POST", body)


@contextmanager
def running(app: ASGIApp, root_path: str = "") -> Iterator[Client]:
    """The application on a free port, in a thread; it is ended in order."""
    with bind("127.0.0.1", 0) as bound:
        config = uvicorn.Config(app, root_path=root_path, log_level="critical", access_log=False, proxy_headers=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield Client(bound.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@contextmanager
def serving(source: MemorySource, now: dt.datetime = NOON, **settings: Any) -> Iterator[Client]:
    with running(create_app(source, ServeSettings(**settings), lambda: now), settings.get("root_path", "")) as client:
        yield client

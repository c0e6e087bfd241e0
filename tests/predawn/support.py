"""Small publications, and a client that fails on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis

from predawn import Products, Publication, Publisher, Reason
from predawn.connection import Client

SCENE = "groceries"
DAY = "2017-12-01"
POPULAR = ["milk", "bread"]
FULL = Products(
    lists=[("1364", ["milk", "bread", "eggs", "tea"])],
    popular=["milk", "bread", "rice"],
    segments=[("age=25-34", ["oats", "milk"])],
    similar=[("tea", ["coffee", "cups"]), ("milk", ["cream"])],
    together=[("tea", ["biscuits"])],
    why=[("1364", [Reason(0.25, "buy_again", "milk"), Reason(0.125, "als", "tea"), Reason(None, "popular")])],
    features=[("tea", {"name": "Tea"})],
    vectors=[("tea", [0.5, -1.0])],
    history=[("1364", [{"count": 2, "day": "2017-11-30", "item": "milk"}])],
)


def version_of(day: str = DAY, tag: str = "a") -> str:
    return f"{day}.{tag}"


def lists_of(mark: str, users: int = 5) -> list[tuple[str, list[str]]]:
    return [(f"user {number}", [f"{mark}-{number}-{rank}" for rank in range(3)]) for number in range(users)]


def publish(client: Client, day: str = DAY, tag: str = "a", users: int = 5, **options: Any) -> Publication:
    """Publishes lists that bear the version's name."""
    version = version_of(day, tag)
    settings = {
        name: options.pop(name) for name in ("keep", "ttl_seconds", "scene", "variant", "memory_mb") if name in options
    }
    publisher = Publisher(client, settings.pop("scene", SCENE), **settings)
    return publisher.publish(day, version, Products(lists_of(version, users), [f"{version}-popular"]), **options)


class FaultyPipeline:
    """A pipeline that calls back before every execution."""

    def __init__(self, inner: Any, before: Callable[[], None]) -> None:
        self._inner = inner
        self._before = before

    def execute(self, **options: Any) -> Any:
        self._before()
        return self._inner.execute(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class FaultyConnection:
    """A connection that calls back before it sends packed commands."""

    def __init__(self, inner: Any, before: Callable[[], None]) -> None:
        self.inner = inner
        self._before = before

    def send_packed_command(self, command: list[bytes]) -> None:
        self._before()
        self.inner.send_packed_command(command)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class FaultyPool:
    def __init__(self, inner: Any, before: Callable[[], None]) -> None:
        self._inner = inner
        self._before = before

    def get_connection(self) -> FaultyConnection:
        return FaultyConnection(self._inner.get_connection(), self._before)

    def release(self, connection: FaultyConnection) -> None:
        self._inner.release(connection.inner)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class FaultyClient:
    """Breaks the connection at the `fail_at`-th request (from 1) and, unless `once`, at all later ones; null: never."""

    def __init__(self, inner: redis.Redis, fail_at: int | None = None, once: bool = False) -> None:
        self._inner = inner
        self._fail_at = fail_at
        self._once = once
        self.requests = 0

    def _count(self) -> None:
        self.requests += 1
        if self._fail_at and (self.requests == self._fail_at if self._once else self.requests >= self._fail_at):
            raise redis.ConnectionError("injected")

    def pipeline(self, transaction: bool = False) -> FaultyPipeline:
        return FaultyPipeline(self._inner.pipeline(transaction=transaction), self._count)

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._inner, name)
        if name == "connection_pool":
            return FaultyPool(attribute, self._count)
        if not callable(attribute):
            return attribute

        def call(*arguments: Any, **options: Any) -> Any:
            self._count()
            return attribute(*arguments, **options)

        return call

"""The source of lists that `predawn serve` reads from: Redis, by way of `predawn.AsyncReader`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from predawn.aio import AsyncReader
from predawn.answers import Answer, Wish
from predawn.breaker import Breaker
from predawn.errors import NoPublication
from predawn.http import flows
from predawn.http.parameters import Options
from predawn.http.problems import UnknownVersion
from predawn.keys import is_version
from predawn.lookup import Flow, T
from predawn.publication import Status


@dataclass
class CountingBreaker(Breaker):
    """Also counts failures for good: those that a remembered list has covered up show nowhere else."""

    total: int = 0

    def failed(self) -> None:
        self.total += 1
        super().failed()


class Readers:
    """Reads whatever is published at one Redis, live or by version. Nothing is sent before the first request."""

    def __init__(self, reader: AsyncReader, breaker: CountingBreaker) -> None:
        """breaker: the reader's."""
        self._reader = reader
        self._breaker = breaker
        self._lookups = reader.lookups

    @staticmethod
    def at(url: str | None, scene: str | None = None) -> Readers:
        """Of the Redis at `url`, else at REDIS_URL. Raises ValueError when the URL isn't one of Redis."""
        breaker = CountingBreaker()
        return Readers(AsyncReader(url, scene, breaker=breaker), breaker)

    async def top_many(self, users: Sequence[str], options: Options) -> Sequence[Answer]:
        return await self._read(options, self._lookups.top(users, _wish(options)))

    async def similar(self, item: str, options: Options) -> Answer:
        return await self._read(options, self._lookups.similar(item, options.kind, _wish(options)))

    async def popular(self, options: Options) -> Answer:
        return await self._read(options, self._lookups.popular(_wish(options)))

    async def published(self) -> Sequence[Status]:
        return await self._reader.run(flows.published())

    async def details(self, items: Sequence[str], options: Options) -> Mapping[str, Mapping[str, Any]]:
        return await self._read(options, flows.details(self._lookups, items, _wish(options)))

    async def history(self, user: str, options: Options) -> Sequence[Mapping[str, Any]]:
        return await self._read(options, flows.history(self._lookups, user, _wish(options)))

    async def some_users(self, options: Options) -> Sequence[str]:
        return await self._read(options, flows.some_users(self._lookups, _wish(options)))

    async def _read(self, options: Options, flow: Flow[T]) -> T:
        """Tells a version that was asked for and isn't kept from a scene without any."""
        if options.version is None:
            return await self._reader.run(flow)
        if not is_version(options.version):
            raise UnknownVersion(f"version {options.version[:80]!r} is none: take one that /v1/versions lists.")
        try:
            return await self._reader.run(flow)
        except NoPublication as error:
            raise UnknownVersion(f"{error} /v1/versions lists the kept ones.") from error

    def address(self) -> str:
        """Where Redis is, without user and password."""
        return self._lookups.at

    def breaker_open(self) -> bool:
        return self._breaker.is_open

    def failures(self) -> int:
        return self._breaker.total

    async def close(self) -> None:
        await self._reader.close()


def _wish(options: Options) -> Wish:
    return Wish(
        options.n,
        options.scene,
        options.variant,
        options.exclude,
        options.recent,
        options.segment,
        options.reasons,
        options.version,
    )

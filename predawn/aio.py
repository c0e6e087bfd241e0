"""Reading under asyncio: the same look-ups, answers and errors as `predawn.Reader`, awaitable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from predawn.answers import DEFAULT_N, Answer, Wish
from predawn.assignment import Experiment
from predawn.breaker import Breaker
from predawn.connection import Client, Command, address, answering, send_async
from predawn.errors import Unavailable
from predawn.experiments import Running
from predawn.lookup import Flow, Lookups, T
from predawn.publication import Status
from predawn.reader import POINTER_SECONDS, TIMEOUT_SECONDS
from predawn.target import Target


class AsyncReader:
    """`predawn.Reader` for asyncio; one for each event loop. Its methods say what they do there."""

    def __init__(
        self,
        url: str | None = None,
        scene: str | None = None,
        client: Client | None = None,
        pointer_seconds: float = POINTER_SECONDS,
        *,
        variant: str | None = None,
        fallback: Sequence[str] = (),
        timeout_seconds: float = TIMEOUT_SECONDS,
        breaker: Breaker | None = None,
        experiments: bool | Sequence[Experiment] = False,
    ) -> None:
        """As `Reader`; `client` is one of redis.asyncio."""
        target = Target.of(url) if client is None else None
        self._owned = target is not None
        self._client: Client = target.async_client(timeout_seconds, timeout_seconds) if target else client
        self.breaker = breaker or Breaker()
        at = target.address if target else address(client)
        self.lookups = Lookups(at, scene, variant, pointer_seconds, fallback, experiments=Running(experiments))

    @property
    def breaker_open(self) -> bool:
        """Whether Redis has failed so often in a row that it is left alone."""
        return self.breaker.is_open

    async def top(
        self,
        user: str,
        n: int = DEFAULT_N,
        scene: str | None = None,
        *,
        variant: str | None = None,
        exclude: Collection[str] = (),
        recent: Sequence[str] = (),
        segment: str | None = None,
        reasons: bool = False,
        version: str | None = None,
    ) -> Answer:
        wish = Wish(n, scene, variant, exclude, recent, segment, reasons, version)
        return (await self.run(self.lookups.top([user], wish)))[0]

    async def top_many(
        self,
        users: Sequence[str],
        n: int = DEFAULT_N,
        scene: str | None = None,
        *,
        variant: str | None = None,
        exclude: Collection[str] = (),
        recent: Sequence[str] = (),
        segment: str | None = None,
        reasons: bool = False,
        version: str | None = None,
    ) -> list[Answer]:
        return await self.run(
            self.lookups.top(users, Wish(n, scene, variant, exclude, recent, segment, reasons, version))
        )

    async def similar(
        self,
        item: str,
        n: int = DEFAULT_N,
        kind: str = "similar",
        scene: str | None = None,
        *,
        variant: str | None = None,
        exclude: Collection[str] = (),
        version: str | None = None,
    ) -> Answer:
        return await self.run(self.lookups.similar(item, kind, Wish(n, scene, variant, exclude, version=version)))

    async def popular(
        self,
        n: int = DEFAULT_N,
        segment: str | None = None,
        scene: str | None = None,
        *,
        variant: str | None = None,
        exclude: Collection[str] = (),
        version: str | None = None,
    ) -> Answer:
        wish = Wish(n, scene, variant, exclude, segment=segment, version=version)
        return await self.run(self.lookups.popular(wish))

    async def features(
        self, item: str, scene: str | None = None, *, variant: str | None = None
    ) -> dict[str, Any] | None:
        return await self.run(self.lookups.features(item, Wish(scene=scene, variant=variant)))

    async def vector(self, item: str, scene: str | None = None, *, variant: str | None = None) -> list[float] | None:
        return await self.run(self.lookups.vector(item, Wish(scene=scene, variant=variant)))

    async def status(self, scene: str | None = None, *, variant: str | None = None) -> Status:
        return await self.run(self.lookups.status(scene, variant))

    async def close(self) -> None:
        """Closes the connections, unless the client is the caller's."""
        if self._owned:
            await self._client.aclose()

    async def run(self, flow: Flow[T]) -> T:
        """Any look-up, within the time-outs and the breaker."""
        try:
            commands = next(flow)
            while True:
                try:
                    replies = await self._send(commands)
                except Unavailable as error:
                    commands = flow.throw(error)
                else:
                    commands = flow.send(replies)
        except StopIteration as done:
            return done.value

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        self.breaker.enter(self.lookups.at)
        try:
            with answering(self.lookups.at):
                replies = await send_async(self._client, commands)
        except Unavailable:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return replies

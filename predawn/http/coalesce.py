"""Look-ups that arrive together go to Redis together.

A worker under load gets dozens of requests in one turn of its event loop. One round trip for all of them costs little
more than one for each: most of what a look-up costs is the client's work, not the server's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")

MAX_TOGETHER = 64  # more only makes the first wait for the last


class Coalescer(Generic[K, A]):
    """Gathers `get(key, user)` calls of the same key until the loop's next turn and reads them in one call.

    read: (key, users) -> one answer a user, in their order. What it raises goes to every caller of that read,
    so no single user may make it fail.
    """

    def __init__(
        self,
        read: Callable[[K, list[str]], Awaitable[Sequence[A]]],
        count: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._read = read
        self._count = count
        self._waiting: dict[K, list[tuple[str, asyncio.Future[A]]]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def get(self, key: K, user: str) -> asyncio.Future[A]:
        """A future of the user's answer."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[A] = loop.create_future()
        waiting = self._waiting.get(key)
        if waiting is None:
            self._waiting[key] = [(user, future)]
            loop.call_soon(self._start, key)
        else:
            waiting.append((user, future))
            if len(waiting) >= MAX_TOGETHER:
                self._start(key)
        return future

    def _start(self, key: K) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting:
            task = asyncio.get_running_loop().create_task(self._serve(key, waiting))
            self._running.add(task)  # the loop itself holds tasks weakly
            task.add_done_callback(self._running.discard)

    async def _serve(self, key: K, waiting: list[tuple[str, asyncio.Future[A]]]) -> None:
        self._count(len(waiting))
        futures = [future for _, future in waiting]
        try:
            answers = await self._read(key, [user for user, _ in waiting])
            pairs = list(zip(futures, answers, strict=True))
        except Exception as error:
            for future in futures:
                if not future.done():
                    future.set_exception(error)
        except BaseException:  # the server ends
            for future in futures:
                future.cancel()
            raise
        else:
            for future, answer in pairs:
                if not future.done():  # its request may have been cancelled meanwhile
                    future.set_result(answer)

"""Reading, synchronously: one user's ranked item ids from the live version, in one round trip."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from predawn.answers import Answer
from predawn.connection import Client, address, answering, connect, send
from predawn.errors import Unavailable
from predawn.lookup import DEFAULT_N, Flow, Lookups, T, Wish

POINTER_SECONDS = 5.0


class Reader:
    """Looks up lists; safe to share between threads.

    The live version is remembered for `pointer_seconds`, so a new publication is seen at most that much later.
    """

    def __init__(
        self,
        url: str | None = None,
        scene: str | None = None,
        client: Client | None = None,
        pointer_seconds: float = POINTER_SECONDS,
        *,
        variant: str | None = None,
        fallback: Sequence[str] = (),
    ) -> None:
        """url: default REDIS_URL, else the private server of `make demo`; unused when `client` is given.
        scene: default the only published one, found at the first look-up. variant: null is the default one. fallback:
        item ids to show when Redis is away before anything was read. Nothing is sent yet.

        Raises ValueError when the URL isn't one of Redis.
        """
        self._client = connect(url) if client is None else client
        self._lookups = Lookups(lambda: address(self._client), scene, variant, pointer_seconds, fallback)

    def top(
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
    ) -> Answer:
        """The best `n` items for `user`, else for the segment (`attribute=value`), else for everyone.

        exclude: item ids to leave out. recent: item ids that the user has just dealt with, the newest first: left out
        as well, and their similar items are blended in. reasons: whether to read why, too. An id that can't be stored
        has no list, so popular items answer. When Redis or its lists are away, the last good popular list does.

        Raises ValueError for n below 1 or ids that are no strings. With nothing to answer from, not even in memory:
        Unavailable, NoPublication, UnknownScene, CorruptList.
        """
        wish = Wish(n, scene, variant, exclude, recent, segment, reasons)
        return self._run(self._lookups.top([user], wish))[0]

    def top_many(
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
    ) -> list[Answer]:
        """`top` for many users in one round trip, parallel to `users`, all from one version."""
        return self._run(self._lookups.top(users, Wish(n, scene, variant, exclude, recent, segment, reasons)))

    def similar(
        self,
        item: str,
        n: int = DEFAULT_N,
        kind: str = "similar",
        scene: str | None = None,
        *,
        variant: str | None = None,
        exclude: Collection[str] = (),
    ) -> Answer:
        """The items most like `item` (tier "item"), or with kind "together" those taken together with it; popular ones
        when it has no such list."""
        return self._run(self._lookups.similar(item, kind, Wish(n, scene, variant, exclude)))

    def popular(
        self,
        n: int = DEFAULT_N,
        segment: str | None = None,
        scene: str | None = None,
        *,
        variant: str | None = None,
        exclude: Collection[str] = (),
    ) -> Answer:
        """The segment's list, or everyone's."""
        return self._run(self._lookups.popular(Wish(n, scene, variant, exclude, segment=segment)))

    def _run(self, flow: Flow[T]) -> T:
        try:
            commands = next(flow)
            while True:
                try:
                    replies: list[Any] = self._send(commands)
                except Unavailable as error:
                    commands = flow.throw(error)
                else:
                    commands = flow.send(replies)
        except StopIteration as done:
            return done.value

    def _send(self, commands: Sequence[tuple[str, ...]]) -> list[Any]:
        with answering(self._client):
            return send(self._client, commands)

"""Reading, synchronously: one user's ranked item ids from the live version, in one round trip."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from predawn.answers import DEFAULT_N, Answer, Wish
from predawn.assignment import Experiment
from predawn.breaker import Breaker
from predawn.connection import Client, Command, address, answering, send
from predawn.errors import Unavailable
from predawn.experiments import Running
from predawn.lookup import Flow, Lookups, T, run
from predawn.publication import Status
from predawn.target import Target

POINTER_SECONDS = 5.0
TIMEOUT_SECONDS = 0.5  # to connect, and for each answer; a page can't wait longer


class Reader:
    """Looks up lists; safe to share between threads.

    The live version is remembered for `pointer_seconds`, so a new publication is seen at most that much later. When
    Redis is away, the last good popular list answers; after several failures in a row Redis is left alone for a while
    (predawn.breaker), so that requests don't wait for it.
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
        timeout_seconds: float = TIMEOUT_SECONDS,
        breaker: Breaker | None = None,
        experiments: bool | Sequence[Experiment] = False,
    ) -> None:
        """url: see predawn.target; default REDIS_URL, else the private server of `make demo`. client: in place of a
        URL, with time-outs of its own. scene: default the only published one, found at the first look-up. variant:
        null is the default one. fallback: item ids to show when nothing was ever read. experiments: true assigns each
        user a variant by the experiment of the scene in Redis, or give the experiments. Nothing is sent yet.

        Raises ValueError when the URL isn't one of Redis.
        """
        self._target = Target.of(url) if client is None else None
        self._client = client
        self._timeout = timeout_seconds
        self.breaker = breaker or Breaker()
        at = self._target.address if self._target else address(client)
        self.lookups = Lookups(at, scene, variant, pointer_seconds, fallback, experiments=Running(experiments))

    @property
    def breaker_open(self) -> bool:
        """Whether Redis has failed so often in a row that it is left alone."""
        return self.breaker.is_open

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
        version: str | None = None,
    ) -> Answer:
        """The best `n` items for `user`, else for the segment (`attribute=value`), else for everyone.

        exclude: item ids to leave out. recent: item ids that the user has just dealt with, the newest first: left out
        as well, and their similar items are blended in. reasons: whether to read why, too. version: a kept one instead
        of the live one. An id that can't be stored has no list, so popular items answer. When Redis or its lists are
        away, the last good popular list does.

        Raises ValueError for n below 1 or ids that are no strings. With nothing to answer from, not even in memory:
        Unavailable, NoPublication, UnknownScene, CorruptList.
        """
        wish = Wish(n, scene, variant, exclude, recent, segment, reasons, version)
        return self.run(self.lookups.top([user], wish))[0]

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
        version: str | None = None,
    ) -> list[Answer]:
        """`top` for many users, parallel to `users`; a thousand of them in one round trip and from one version."""
        return self.run(self.lookups.top(users, Wish(n, scene, variant, exclude, recent, segment, reasons, version)))

    def similar(
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
        """The items most like `item` (tier "item"), or with kind "together" those taken together with it; popular ones
        when it has no such list."""
        return self.run(self.lookups.similar(item, kind, Wish(n, scene, variant, exclude, version=version)))

    def popular(
        self,
        n: int = DEFAULT_N,
        segment: str | None = None,
        scene: str | None = None,
        *,
        variant: str | None = None,
        exclude: Collection[str] = (),
        version: str | None = None,
    ) -> Answer:
        """The segment's list, or everyone's."""
        wish = Wish(n, scene, variant, exclude, segment=segment, version=version)
        return self.run(self.lookups.popular(wish))

    def features(self, item: str, scene: str | None = None, *, variant: str | None = None) -> dict[str, Any] | None:
        """What was published about an item; null when nothing was. Raises as `top` does, but without a memory."""
        return self.run(self.lookups.features(item, Wish(scene=scene, variant=variant)))

    def vector(self, item: str, scene: str | None = None, *, variant: str | None = None) -> list[float] | None:
        """The item's vector; null when none was published. Raises as `features` does."""
        return self.run(self.lookups.vector(item, Wish(scene=scene, variant=variant)))

    def status(self, scene: str | None = None, *, variant: str | None = None) -> Status:
        """The live version (null before the first publication) and all kept ones. Raises Unavailable, NoPublication."""
        return self.run(self.lookups.status(scene, variant))

    def close(self) -> None:
        """Closes the connections, unless the client is the caller's; the reader connects again when it is asked."""
        if self._target and self._client:
            client, self._client = self._client, None
            client.close()

    def run(self, flow: Flow[T]) -> T:
        """Any look-up, within the time-outs and the breaker."""
        return run(flow, self._send)

    def _send(self, commands: Sequence[Command]) -> list[Any]:
        self.breaker.enter(self.lookups.at)
        try:
            with answering(self.lookups.at):
                if self._client is None and self._target:
                    self._client = self._target.client(self._timeout, self._timeout)
                replies = send(self._client, commands)
        except Unavailable:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return replies

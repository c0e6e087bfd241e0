"""Reading: one user's ranked item ids from the live version, in one round trip."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from predawn.catalog import Catalog, not_published, only_scene
from predawn.codec import decode
from predawn.connection import Client, address, answering, connect, fetch
from predawn.errors import NoPublication
from predawn.keys import VersionKeys, day_of

DEFAULT_N = 10
POINTER_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """One user's list from one version. items: best first, at most n, fewer when the stored list is shorter.

    tier: "user" for the user's own list, "popular" for the list of users without one. data_day: the last day whose
    events the list knows, YYYY-MM-DD; compare it with the calendar to notice a night that failed.
    """

    user: str
    items: list[str]
    tier: Literal["user", "popular"]
    scene: str
    version: str
    data_day: str


class Reader:
    """Looks up lists of one scene; safe to share between threads.

    The live version is remembered for `pointer_seconds`, so a new publication is seen at most that much later.
    """

    def __init__(
        self,
        url: str | None = None,
        scene: str | None = None,
        client: Client | None = None,
        pointer_seconds: float = POINTER_SECONDS,
    ) -> None:
        """url: default REDIS_URL, else the private server of `make demo`; unused when `client` is given.
        scene: default the only published one, found at the first look-up. Nothing is sent yet.

        Raises ValueError when the URL isn't one of Redis.
        """
        self._client = connect(url) if client is None else client
        self._scene = scene
        self._pointer_seconds = pointer_seconds
        self._pointer: tuple[float, str] | None = None  # read at (monotonic seconds), live version

    def top(self, user: str, n: int = DEFAULT_N) -> Answer:
        """The best `n` items for `user`, or the popular ones when the user has no list.

        Raises ValueError for n below 1, InvalidId, Unavailable, NoPublication, UnknownScene, CorruptList.
        """
        if n < 1:
            raise ValueError(f"n is {n}: ask for 1 item or more.")
        with answering(self._client):
            if self._scene is None:
                self._scene = only_scene(self._client)
            pointer = self._pointer
            if pointer and time.monotonic() - pointer[0] < self._pointer_seconds:
                answer = self._read(self._scene, pointer[1], user, n)
                if answer:
                    return answer
            return self._read_live(self._scene, user, n)

    def _read_live(self, scene: str, user: str, n: int) -> Answer:
        """Asks for the live version first: it isn't remembered, or was too long ago, or has been pruned since."""
        missed, version = None, self._live(scene)
        # A version may be pruned between the two requests, but only once a later one is live.
        while version != missed:
            answer = self._read(scene, version, user, n)
            if answer:
                return answer
            missed, version = version, self._live(scene)
        self._pointer = None
        raise NoPublication(
            f"scene {scene!r}: the lists of version {version} at {address(self._client)} have expired: publish again."
        )

    def _live(self, scene: str) -> str:
        version = Catalog(self._client, scene).live()
        if version is None:
            raise not_published(self._client, scene)
        self._pointer = time.monotonic(), version
        return version

    def _read(self, scene: str, version: str, user: str, n: int) -> Answer | None:
        """Null when the version is gone."""
        keys = VersionKeys(scene, version)
        # In this order: the popular list is unlinked first, so finding it means that the user's list wasn't unlinked.
        own, popular = fetch(self._client, [keys.user(user), keys.popular])
        value = popular if own is None else own
        if value is None:
            return None
        tier: Literal["user", "popular"] = "popular" if own is None else "user"
        return Answer(user, decode(value)[:n], tier, scene, version, day_of(version))

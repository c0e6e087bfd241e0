"""What the routes need of a reader. `readers.Readers` is it for Redis; routes know nothing else of where lists are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from predawn.answers import Answer
from predawn.http.parameters import Options
from predawn.publication import Status


class Source(Protocol):
    """Reads lists; every method raises what `predawn.errors` names, or UnknownVersion."""

    async def top_many(self, users: Sequence[str], options: Options) -> Sequence[Answer]:
        """One answer a user, in their order, all from the same version."""

    async def similar(self, item: str, options: Options) -> Answer:
        """The items that go with `item`."""

    async def popular(self, options: Options) -> Answer:
        """The list for users without one."""

    async def published(self) -> Sequence[Status]:
        """Every scene and variant."""

    async def details(self, items: Sequence[str], options: Options) -> Mapping[str, Mapping[str, Any]]:
        """What is stored of items beside the lists, of those of which something is."""

    async def history(self, user: str, options: Options) -> Sequence[Mapping[str, Any]]:
        """What the user did lately, newest first; empty where it isn't published."""

    async def some_users(self, options: Options) -> Sequence[str]:
        """A few users with a list, to try."""

    def breaker_open(self) -> bool:
        """Whether Redis isn't asked at the moment because it failed repeatedly."""

    def failures(self) -> int:
        """Round trips that failed so far, whether or not a remembered list could answer in their place."""

    async def close(self) -> None:
        """Closes the connections."""

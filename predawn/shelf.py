"""The versions that a place keeps in Redis, and the removal of those that it doesn't."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from redis import exceptions

from predawn.catalog import READY, REMOVING, WRITING, Catalog, Entry
from predawn.connection import is_full
from predawn.keys import VersionKeys
from predawn.lists import LIST_GRACE_SECONDS, VersionLists


@dataclass(frozen=True)
class Shelf:
    """keep: versions that stay, the live one among them; ttl_seconds: life time of what is written."""

    catalog: Catalog
    ttl_seconds: int
    keep: int

    def lists(self, version: str) -> VersionLists:
        return VersionLists(self.catalog.client, VersionKeys(self.catalog.place, version), self.ttl_seconds)

    def superfluous(self, mine: Entry | None = None) -> list[Entry]:
        """What is beyond `keep`, expired, or left of attempts that are dead or that `mine` supersedes; never the live
        version.

        Each version carries an index of its names, some ten bytes each. SCAN would need no index, but walks through
        every key of the server, other scenes' and other applications' too, to find one version.
        """
        live, entries = self.catalog.load()
        kept, found = 0, []
        for entry in entries:
            if entry.state == READY and kept < self.keep and not self.lists(entry.version).gone():
                kept += 1
            elif entry.version != live and (entry.state != WRITING or _is_dead(entry, mine)):
                found.append(entry)
        return found

    def tidy(self, mine: Entry | None = None) -> None:
        """Removes what is superfluous."""
        self.remove_all(self.superfluous(mine))

    def remove_all(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._remove(entry)

    def abandon(self, mine: Entry) -> None:
        """Removes an attempt's keys, unless the version is published or another attempt has taken over."""
        if mine.state == WRITING and not self._remove(mine, even_if_live=True):
            # A publication of a newer day may have removed the attempt while it was still writing: then nobody owns it.
            self._remove(Entry(mine.version, ""))

    def _remove(self, entry: Entry, even_if_live: bool = False) -> bool:
        """Removes a version's keys and entry; false, and nothing done, when the entry has changed or is live."""
        lists = self.lists(entry.version)
        try:
            removing = self.catalog.swap(entry, REMOVING, even_if_live)
        except exceptions.ResponseError as error:
            if not is_full(error):
                raise
            # A full server takes no mark, but removing is what helps. A removal that is interrupted is found again: a
            # version that was ready has lost its popular list, an attempt is still one.
            removing = entry if even_if_live or self.catalog.live() != entry.version else None
        if removing is None:
            return False
        lists.remove(partial(self.catalog.holds, removing))
        self.catalog.swap(removing, None, even_if_live)
        return True


def _is_dead(attempt: Entry, mine: Entry | None) -> bool:
    """Whether nobody can be at an attempt any more; one for a later day, or begun since, may still be running."""
    if mine and attempt.order < mine.order:
        return True
    return attempt.time is not None and attempt.time < time.time() - LIST_GRACE_SECONDS

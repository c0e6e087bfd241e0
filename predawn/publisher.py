"""Publishing: write all lists under a version, read them back, move the scene's one pointer last."""

from __future__ import annotations

from collections.abc import Sized
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, islice

from predawn import keys
from predawn.catalog import READY, WRITING, Catalog, Entry, not_published, places
from predawn.codec import Codes
from predawn.connection import Client, address, answering, send
from predawn.errors import PublishRefused, VerificationFailed
from predawn.keys import Place
from predawn.lookup import Lookups, run
from predawn.manifest import Manifest, Tally
from predawn.memory import MEGABYTE, ServerMemory
from predawn.products import BLOCK, CodedLists, Products, blocks
from predawn.publication import KeptVersion, Publication, Status
from predawn.shelf import Shelf

DEFAULT_TTL_SECONDS = 14 * 86_400
DEFAULT_KEEP = 3


class Publisher:
    """Publishes one scene, or a variant of it.

    `keep` versions stay for roll-back, the live one among them, and expire after `ttl_seconds`. One more version exists
    while a publication runs. `memory_mb`, unless 0, is what all of them may take; the server's own limit holds anyway.
    """

    def __init__(
        self,
        client: Client,
        scene: str,
        ttl_seconds: int = DEFAULT_TTL_SECONDS,
        keep: int = DEFAULT_KEEP,
        variant: str | None = None,
        memory_mb: int = 0,
    ) -> None:
        """Raises ValueError for a scene that can't be stored, or a life time or number of versions below 1."""
        self.place = Place(scene, variant)
        keys.catalog(self.place)
        if ttl_seconds < 1 or keep < 1:
            raise ValueError(f"ttl_seconds is {ttl_seconds} and keep is {keep}: both must be 1 or more.")
        self._client = client
        self._catalog = Catalog(client, self.place)
        self._shelf = Shelf(self._catalog, int(ttl_seconds), keep)
        self._budget = memory_mb * MEGABYTE

    def publish(
        self,
        data_day: str,
        version: str,
        products: Products,
        make_live_if_older: bool = False,
        gate: str | None = None,
    ) -> Publication:
        """Makes the products live under `version`, all of them or none. gate: what let them pass, for `status`.

        A version is `<data_day>.<tag>` and stands for its content: publishing it again with the same lists in any order
        renews life times. Until the pointer moves, any failure leaves readers with the version that was live.

        Raises PublishRefused for an empty publication, an empty or repeated list, a data day older than the live one
        (before anything is written, unless `make_live_if_older`), other lists under a published version, or a server
        that has no room for the version or would evict lists; InvalidId; VerificationFailed; Unavailable. If Redis
        fails after the pointer has moved, a repetition is only a refresh.
        """
        keys.check_version(version, data_day)
        products, per_list = self._checked(version, products)
        with answering(self._client):
            mine, manifest = self._begin(version, make_live_if_older)
            try:
                if manifest is None:
                    self._refuse_too_large(mine, products, per_list)
                manifest, refreshed = self._fill(mine, manifest, products, gate)
                ServerMemory.of(self._client).refuse_eviction(self.place)
                previous = self._catalog.flip(mine, make_live_if_older)
            except Exception:
                # The next publication removes what can't be removed now; the cause matters more than the clean-up.
                with suppress(Exception):
                    self._shelf.abandon(mine)
                raise
            # After the flip, so that a place is listed only once readers can read it.
            self._client.sadd(keys.SCENES, self.place.segment)
            self._shelf.tidy(mine)
        return Publication.of(manifest, previous, refreshed)

    def rollback(self, version: str | None = None) -> Publication:
        """Moves the pointer back to `version`, or to the kept one before the live one.

        The next publication goes forward again, also with the version that was rolled back. Raises NoPublication or
        UnknownScene without a live version, PublishRefused when there is no such version, Unavailable.
        """
        with answering(self._client):
            live, entries = self._catalog.load()
            if live is None:
                raise not_published(places(self._client), self.place, address(self._client))
            ready = [entry for entry in entries if entry.is_ready]
            if version is None:
                orders = [entry.order for entry in ready if entry.version == live]
                ready = [entry for entry in ready if orders and entry.order < orders[0]]
            else:
                ready = [entry for entry in ready if entry.version == version]
            for target in ready:
                manifest = self._shelf.lists(target.version).manifest()
                if manifest and self._catalog.roll_back(live, target):
                    return Publication.of(manifest, live)
        wanted = f"version {version}" if version else f"version before {live}"
        raise PublishRefused(f"{self.place} keeps no {wanted} to go back to: see `predawn status`.")

    def status(self) -> Status:
        """The live version and all kept ones. Raises Unavailable; a place without publications is an empty status."""
        with answering(self._client):
            lookups = Lookups(address(self._client))
            return run(lookups.status(*self.place), partial(send, self._client))

    def prune(self, dry_run: bool = False, attempts: bool = False) -> list[KeptVersion]:
        """Removes what is beyond `keep`, expired, or left of attempts that the live version has superseded or that
        began a day ago, and with `attempts` of all others, too: one that is still running fails then. Never removes the
        live version. Answers what was removed, or would be. Raises Unavailable."""
        with answering(self._client):
            live, entries = self._catalog.load()
            mine = next((entry for entry in entries if entry.version == live), None)
            superfluous = self._shelf.superfluous(mine)
            superfluous += [entry for entry in entries if attempts and entry.state == WRITING]
            names = {entry.version for entry in superfluous}
            found = [each for each in self.status().versions if each.version in names]
            if not dry_run:
                self._shelf.remove_all(superfluous)
        return found

    def _checked(self, version: str, products: Products) -> tuple[Products, float]:
        """The products, and what a list takes by the first of them. Raises as `publish` does, before any trace."""
        if not len(products.popular):
            raise PublishRefused(f"{self.place}, version {version}: the popular list is empty: fill it first.")
        rest = iter(products.lists)
        head = list(islice(rest, 1))
        if head and not isinstance(head[0], CodedLists):
            head += islice(rest, BLOCK - 1)
        items, tally = Codes(chain(products.items, products.popular)), Tally()
        first = [each.head(BLOCK) if isinstance(each, CodedLists) else each for each in head]
        for block in blocks(Products(first, ()), items, Codes()):
            tally.add(block, self._shelf.lists(version).keys)
        if not tally.keys:
            raise PublishRefused(f"{self.place}, version {version}: no user has a list: check the day's top-N.")
        expected = products.expected
        if expected is None and isinstance(products.lists, Sized):
            expected = len(products.lists)
        return replace(products, lists=chain(head, rest), expected=expected), tally.memory_bytes / tally.keys

    def _refuse_too_large(self, mine: Entry, products: Products, per_list: float) -> None:
        """Raises PublishRefused when the version won't fit beside the others, judged by its first lists and by the live
        version, whichever says more."""
        self._shelf.tidy(mine)
        live, entries = self._catalog.load()
        kept = {entry.version: self._shelf.lists(entry.version).manifest() for entry in entries}
        before = kept.get(live or "")
        users = products.expected or (before.users if before else 0)
        need = per_list * users + sum(map(len, products.items))
        if before:
            need = max(need, before.memory_bytes / before.users * users)
        memory = ServerMemory.of(self._client)
        memory.refuse_eviction(self.place)
        stays = sum(manifest.memory_bytes for manifest in kept.values() if manifest)
        memory.refuse_overflow(self.place, int(need), stays, self._budget)

    def _begin(self, version: str, even_if_older: bool) -> tuple[Entry, Manifest | None]:
        """Registers the attempt; the manifest is that of a whole version, null when there are no keys any more."""
        lists = self._shelf.lists(version)
        mine = self._catalog.begin(version, even_if_older)
        if mine.state == READY:
            manifest = lists.manifest()
            if manifest:
                return mine, manifest
            if not lists.gone():
                raise PublishRefused(
                    f"{self.place}, version {version} has lost its manifest: publish under another version."
                )
            mine = self._catalog.begin(version, even_if_older, again=True)
        # What an attempt that was killed has left: its users need not be ours.
        lists.remove(partial(self._catalog.holds, mine))
        return mine, None

    def _fill(
        self, mine: Entry, manifest: Manifest | None, products: Products, gate: str | None
    ) -> tuple[Manifest, bool]:
        """Brings the version's products into Redis and reads them back."""
        lists = self._shelf.lists(mine.version)
        # The same ids get the same codes, in whatever order the lists come this time.
        items = Codes(lists.items() if manifest else chain(products.items, products.popular))
        if any(item != other for item, other in zip(items, products.items, strict=False)):
            raise lists.contradiction()
        channels = Codes(manifest.channels if manifest else ())
        stream = blocks(products, items, channels)
        try:
            if manifest:
                lists.refresh(stream, items, products.popular, manifest)
                lists.verify_refreshed(manifest, items.encode(products.popular))
            else:
                tally, popular = lists.write(stream, items, products.popular)
                lists.verify(tally, items, popular)
                manifest = tally.manifest(lists.keys, items, popular, list(channels), gate)
                lists.seal(manifest)
                return manifest, False
        except VerificationFailed:
            if self._catalog.holds(mine):
                raise
            raise self._catalog.overtaken(mine) from None
        lists.seal(manifest)
        return manifest, True

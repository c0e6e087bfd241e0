"""Publishing: write all lists under a version, read them back, move the scene's one pointer last."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from predawn import keys
from predawn.catalog import READY, REMOVING, WRITING, Catalog, Entry, not_published, places
from predawn.codec import Codes
from predawn.connection import Client, address, answering
from predawn.errors import PublishRefused, VerificationFailed
from predawn.keys import Place
from predawn.lists import VersionLists
from predawn.manifest import Manifest
from predawn.products import Products, records

DEFAULT_TTL_SECONDS = 14 * 86_400
DEFAULT_KEEP = 3


@dataclass(frozen=True)
class Publication:
    """What is live after a publication or a roll-back.

    users: lists, without the popular one; counts: keys of each product; items_per_list: length of the longest list;
    checksum: of all that the version holds; previous: the version that was live before, null for the first; refreshed:
    whether the version had been published before with the same lists, so that only life times changed.
    """

    scene: str
    variant: str | None
    version: str
    data_day: str
    users: int
    counts: dict[str, int]
    items_per_list: int
    checksum: str
    previous: str | None
    refreshed: bool = False


@dataclass(frozen=True)
class KeptVersion:
    """One version in the catalog. state: writing, ready, removing or expired; manifest: null unless it is whole."""

    version: str
    state: str
    live: bool
    manifest: Manifest | None


@dataclass(frozen=True)
class Status:
    """One place: its live version (null before the first publication) and all kept ones, newest data day first."""

    scene: str
    variant: str | None
    live: str | None
    versions: list[KeptVersion]


class Publisher:
    """Publishes one scene, or a variant of it.

    `keep` versions stay for roll-back, the live one among them, and expire after `ttl_seconds`. One more version exists
    while a publication runs. The server must not evict keys (maxmemory-policy noeviction).
    """

    def __init__(
        self,
        client: Client,
        scene: str,
        ttl_seconds: int = DEFAULT_TTL_SECONDS,
        keep: int = DEFAULT_KEEP,
        variant: str | None = None,
    ) -> None:
        """Raises ValueError for a scene that can't be stored, or a life time or number of versions below 1."""
        self.place = Place(scene, variant)
        keys.catalog(self.place)
        if ttl_seconds < 1 or keep < 1:
            raise ValueError(f"ttl_seconds is {ttl_seconds} and keep is {keep}: both must be 1 or more.")
        self._client = client
        self._catalog = Catalog(client, self.place)
        self._ttl_seconds = int(ttl_seconds)
        self._keep = keep

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
        (before anything is written, unless `make_live_if_older`) or other lists under a published version; InvalidId;
        VerificationFailed; Unavailable. If Redis fails after the pointer has moved, a repetition is only a refresh.
        """
        keys.check_version(version, data_day)
        if not len(products.popular):
            raise PublishRefused(f"{self.place}, version {version}: the popular list is empty: fill it first.")
        Codes().encode(products.popular)
        rest = iter(products.lists)
        first = next(rest, None)
        if first is None:
            raise PublishRefused(f"{self.place}, version {version}: no user has a list: check the day's top-N.")
        list(
            records(Products([first], ()), Codes(), Codes())
        )  # so that a wrong day is refused before it leaves a trace
        products = replace(products, lists=chain([first], rest))
        with answering(self._client):
            mine, manifest = self._begin(version, make_live_if_older)
            try:
                manifest, refreshed = self._fill(mine, manifest, products, gate)
                previous = self._catalog.flip(mine, make_live_if_older)
            except Exception:
                # The next publication removes what can't be removed now; the cause matters more than the clean-up.
                with suppress(Exception):
                    self._abandon(mine)
                raise
            # After the flip, so that a scene is listed only once readers can read it.
            self._client.sadd(keys.SCENES, self.place.segment)
            self._prune(mine)
        return _publication(manifest, previous, refreshed)

    def rollback(self, version: str | None = None) -> Publication:
        """Moves the pointer back to `version`, or to the kept one before the live one.

        The next publication goes forward again, also with the version that was rolled back. Raises NoPublication or
        UnknownScene without a live version, PublishRefused when there is no such version, Unavailable.
        """
        with answering(self._client):
            live, entries = self._catalog.load()
            if live is None:
                raise not_published(places(self._client), self.place, address(self._client))
            ready = [entry for entry in entries if entry.state == READY]
            if version is None:
                orders = [entry.order for entry in ready if entry.version == live]
                ready = [entry for entry in ready if orders and entry.order < orders[0]]
            else:
                ready = [entry for entry in ready if entry.version == version]
            for target in ready:
                manifest = self._lists(target.version).manifest()
                if manifest and self._catalog.roll_back(live, target):
                    return _publication(manifest, live)
        wanted = f"version {version}" if version else f"version before {live}"
        raise PublishRefused(f"{self.place} keeps no {wanted} to go back to: see `predawn status`.")

    def status(self) -> Status:
        """The live version and all kept ones. Raises Unavailable; a scene without publications is an empty status."""
        with answering(self._client):
            live, entries = self._catalog.load()
            versions = []
            for entry in entries:
                manifest = self._lists(entry.version).manifest()
                state = "expired" if entry.state == READY and manifest is None else entry.state
                versions.append(KeptVersion(entry.version, state, entry.version == live, manifest))
        return Status(self.place.scene, self.place.variant, live, versions)

    def _lists(self, version: str) -> VersionLists:
        return VersionLists(self._client, keys.VersionKeys(self.place, version), self._ttl_seconds)

    def _begin(self, version: str, even_if_older: bool) -> tuple[Entry, Manifest | None]:
        """Registers the attempt; the manifest is that of a whole version, null when there are no keys any more."""
        lists = self._lists(version)
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
        lists = self._lists(mine.version)
        # The same ids get the same codes, in whatever order the lists come this time.
        items = Codes(lists.dictionary() if manifest else chain(products.items, products.popular))
        channels = Codes(manifest.channels if manifest else ())
        stream = records(products, items, channels)
        if manifest:
            tally, popular = lists.refresh(stream, items, products.popular, manifest)
        else:
            tally, popular = lists.write(stream, items, products.popular)
        try:
            lists.verify(tally, items, popular)
        except VerificationFailed:
            if self._catalog.holds(mine):
                raise
            raise self._catalog.overtaken(mine) from None
        whole = manifest or tally.manifest(lists.keys, items, list(channels), gate)
        lists.seal(whole)
        return whole, manifest is not None

    def _abandon(self, mine: Entry) -> None:
        """Removes an attempt's keys, unless the version is published or another attempt has taken over."""
        if mine.state == WRITING and not self._remove(mine, even_if_live=True):
            # A publication of a newer day may have removed the attempt while it was still writing: then nobody owns it.
            self._remove(Entry(mine.version, ""))

    def _remove(self, entry: Entry, even_if_live: bool = False) -> bool:
        """Removes a version's keys and entry; false, and nothing done, when the entry has changed or is live."""
        removing = self._catalog.swap(entry, REMOVING, even_if_live)
        if removing is None:
            return False
        self._lists(entry.version).remove(partial(self._catalog.holds, removing))
        self._catalog.swap(removing, None)
        return True

    def _prune(self, mine: Entry) -> None:
        """Removes what is beyond `keep`, expired, or left of attempts that `mine` supersedes; never the live version.

        Each version carries an index of its users, some ten bytes a user. SCAN would need no index, but walks through
        every key of the server, other scenes' and other applications' too, to find one version.
        """
        live, entries = self._catalog.load()
        kept = 0
        for entry in entries:
            if entry.state == READY and kept < self._keep and not self._lists(entry.version).gone():
                kept += 1
            # An attempt for a later day, or one that has begun since, may still be running.
            elif entry.version != live and (entry.state != WRITING or entry.order < mine.order):
                self._remove(entry)


def _publication(manifest: Manifest, previous: str | None, refreshed: bool = False) -> Publication:
    return Publication(
        scene=manifest.scene,
        variant=manifest.variant,
        version=manifest.version,
        data_day=manifest.data_day,
        users=manifest.users,
        counts=manifest.counts,
        items_per_list=manifest.items_per_list,
        checksum=manifest.checksum,
        previous=previous,
        refreshed=refreshed,
    )

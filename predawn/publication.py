"""What publishing answers with."""

from __future__ import annotations

from dataclasses import dataclass

from predawn.manifest import Manifest


@dataclass(frozen=True)
class Publication:
    """What is live after a publication or a roll-back.

    users: lists, without the popular one; counts: keys of each product; items_per_list: length of the longest list;
    checksum: of all that the version holds; memory_bytes: in Redis, about; previous: the version that was live before,
    null for the first; refreshed: whether the version had been published before with the same lists, so that only life
    times changed.
    """

    scene: str
    variant: str | None
    version: str
    data_day: str
    users: int
    counts: dict[str, int]
    items_per_list: int
    checksum: str
    memory_bytes: int
    previous: str | None
    refreshed: bool = False

    @staticmethod
    def of(manifest: Manifest, previous: str | None, refreshed: bool = False) -> Publication:
        return Publication(
            scene=manifest.scene,
            variant=manifest.variant,
            version=manifest.version,
            data_day=manifest.data_day,
            users=manifest.users,
            counts=manifest.counts,
            items_per_list=manifest.items_per_list,
            checksum=manifest.checksum,
            memory_bytes=manifest.memory_bytes,
            previous=previous,
            refreshed=refreshed,
        )


@dataclass(frozen=True)
class KeptVersion:
    """One version in the catalog.

    state: writing, ready, removing or expired; since: when it entered that state (expired: when it was published), in
    seconds since 1970, null when it isn't known; manifest: null unless the version is whole.
    """

    version: str
    state: str
    live: bool
    since: int | None
    manifest: Manifest | None


@dataclass(frozen=True)
class Status:
    """One place: its live version (null before the first publication) and all kept ones, newest data day first."""

    scene: str
    variant: str | None
    live: str | None
    versions: list[KeptVersion]

"""What a reader keeps in memory of the places that it reads."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from predawn import keys
from predawn.codec import Reason, codes, decode, decode_ids, decode_reasons
from predawn.connection import raw, text
from predawn.errors import CorruptList, InvalidId
from predawn.keys import Place, VersionKeys
from predawn.manifest import Manifest

T = TypeVar("T")
VERSIONS = 3  # dictionaries kept of a place, so that a flip and a roll-back load nothing anew

log = logging.getLogger("predawn")


@dataclass(frozen=True)
class Loaded:
    """One version. names: code -> item id; channels: code -> channel; popular: item ids.

    Bytes that no publisher has written count as missing and are logged: what stands in their place is still a list.
    """

    keys: VersionKeys
    manifest: Manifest
    names: dict[str, str]
    channels: dict[str, str]
    popular: list[str] = field(default_factory=list)

    @staticmethod
    def of(at: VersionKeys, chunks: Mapping[Any, Any] | None, stated: Any, popular: Any) -> Loaded | None:
        """From the replies to HGETALL items, GET manifest, GET popular; null when the version is gone or of another
        format. Raises CorruptList for a dictionary of foreign bytes."""
        manifest = Manifest.from_json(raw(stated) or b"")
        if manifest is None or popular is None or not chunks:
            return None
        try:
            fields = {int(text(number) or ""): raw(ids) or b"" for number, ids in chunks.items()}
        except ValueError:
            raise CorruptList(f"{at.items} has fields that no publisher wrote: publish the scene again.") from None
        ids = [item for number in sorted(fields) for item in decode_ids(fields[number])]
        if len(ids) != manifest.items:
            raise CorruptList(f"{at.items} names {len(ids)} of {manifest.items} items: publish the scene again.")
        channels = dict(zip(codes(len(manifest.channels)), manifest.channels, strict=False))
        version = Loaded(at, manifest, dict(zip(codes(len(ids)), ids, strict=False)), channels)
        version.popular.extend(version.read(raw(popular)))
        return version

    def read(self, value: bytes | None, n: int | None = None) -> list[str]:
        """The first n items of a stored list; empty when there is none."""
        if value is None:
            return []
        try:
            return decode(value, self.names, n)
        except CorruptList as error:
            self._warn(error)
            return []

    def read_reasons(self, value: bytes | None) -> list[Reason]:
        return self._or(value, lambda found: decode_reasons(found, self.names, self.channels), [])

    def read_features(self, value: bytes | None) -> dict[str, Any] | None:
        def decoded(found: bytes) -> dict[str, Any]:
            features = json.loads(found)
            if not isinstance(features, dict):
                raise ValueError("no JSON object")
            return features

        return self._or(value, decoded, None)

    def read_vector(self, value: bytes | None) -> list[float] | None:
        return self._or(value, lambda found: [number for (number,) in struct.iter_unpack("<f", found)], None)

    def _or(self, value: bytes | None, decoded: Callable[[bytes], T], missing: T) -> T:
        if value is None:
            return missing
        try:
            return decoded(value)
        except (CorruptList, ValueError, struct.error) as error:
            self._warn(error)
            return missing

    def _warn(self, error: Exception) -> None:
        log.warning("%s, version %s: %s", self.keys.place, self.keys.version, error)


@dataclass
class Known:
    """What a reader knows of one place. live: the version and when it was read, in monotonic seconds; good: the version
    that last answered."""

    place: Place
    live: tuple[str, float] | None = None
    versions: dict[str, Loaded] = field(default_factory=dict)
    good: Loaded | None = None

    def keep(self, version: Loaded) -> None:
        self.versions = dict([*self.versions.items(), (version.keys.version, version)][-VERSIONS:])

    @property
    def catalog(self) -> str:
        return keys.catalog(self.place)


def names_of(at: VersionKeys, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The keys of (product, id) pairs, without those of ids that can't be stored."""
    return {name: f"{at.stem}{name[0]}:{key}" for name in wanted if (key := _storable(name[1]))}


def _storable(name: str) -> str | None:
    """An escaped id; null for one that nothing can be stored under. Raises InvalidId for what is no string."""
    try:
        return keys.escape(name)
    except InvalidId:
        if not isinstance(name, str):
            raise
        return None

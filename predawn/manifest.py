"""What a version states of itself: counts of every product and one checksum over all that it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from operator import lt
from typing import NamedTuple

from predawn import keys
from predawn.bulk import bulk
from predawn.codec import CHUNK, SEPARATOR, Codes, encode_ids
from predawn.keys import FORMAT, VersionKeys, day_of
from predawn.products import Block
from predawn.sizes import stored_bytes

_DIGEST_DIGITS = 32  # of a checksum, which is the beginning of a digest in hexadecimal


@dataclass(frozen=True)
class Manifest:
    """One publication, as its manifest key states it.

    users: lists; counts: keys of each product; items: length of the dictionary; channels: what the channel codes of
    the reasons stand for, in order; chunks: keys of the index; memory_bytes: in Redis, about; gate: what let the lists
    pass, in the publisher's words.
    """

    scene: str
    variant: str | None
    version: str
    data_day: str
    users: int
    items_per_list: int
    counts: dict[str, int]
    items: int
    channels: list[str]
    checksum: str
    chunks: int
    memory_bytes: int
    gate: str | None = None
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(value: bytes) -> Manifest | None:
        """Null when it is of another format or nothing of ours. Fields that this release doesn't know are ignored."""
        try:
            stated = json.loads(value)
            if stated["format"] != FORMAT:
                return None
            return Manifest(**{each.name: stated[each.name] for each in fields(Manifest)})
        except (ValueError, KeyError, TypeError):
            return None


class Written(NamedTuple):
    """What was written of one block: the length of its values in a reply, and the digest of its index and values."""

    size: int
    digest: bytes

    def fits(self, index: bytes, data: bytes) -> bool:
        return _digest(index, data) == self.digest


@dataclass
class Tally:
    """What a stream of blocks amounts to; `written` has one entry for each of them.

    longest: items of the list with the most bytes; ascending: whether the names of each product came in order, so that
    none came twice.
    """

    counts: dict[str, int] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    longest: int = 0
    memory_bytes: int = 0
    ascending: bool = True
    _last: tuple[str, str] = ("", "")

    def add(self, block: Block, at: VersionKeys) -> None:
        product, names, values = block
        listing, data = block.listing, bulk(values)
        self.counts[product] = self.counts.get(product, 0) + len(names)
        self.written.append(Written(len(data), _digest(listing.encode(), data)))
        self.memory_bytes += stored_bytes(f"{at.stem}{product}:", names, values)
        self.memory_bytes += stored_bytes(at.stem, ["index:0"], [listing.encode()])
        last = self._last[1] if self._last[0] == product else ""
        self.ascending = self.ascending and last < names[0] and all(map(lt, names, islice(names, 1, None)))
        self._last = product, names[-1]
        if product == keys.USER:
            self.longest = max(self.longest, 1 + max(values, key=len).count(b","))

    @property
    def keys(self) -> int:
        return sum(self.counts.values())

    def manifest(
        self, at: VersionKeys, items: Codes, popular: bytes, channels: Sequence[str], gate: str | None
    ) -> Manifest:
        chunks = dictionary(items)
        last = stored_bytes(at.stem, ["items:0"] * len(chunks) + ["popular"], [*chunks, popular])
        parts = [*(written.digest for written in self.written), bulk(chunks), popular]
        return Manifest(
            scene=at.place.scene,
            variant=at.place.variant,
            version=at.version,
            data_day=day_of(at.version),
            users=self.counts.get(keys.USER, 0),
            items_per_list=max(self.longest, popular.count(b",") + 1),
            counts=self.counts,
            items=len(items),
            channels=list(channels),
            checksum=_digest(*parts).hex()[:_DIGEST_DIGITS],
            chunks=len(self.written),
            memory_bytes=self.memory_bytes + last,
            gate=gate,
        )


def dictionary(items: Codes) -> list[bytes]:
    """The fields of the dictionary, numbered from 0."""
    ids = list(items)
    return [encode_ids(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK)]


def _digest(*parts: bytes) -> bytes:
    hashed = hashlib.sha256()  # in every language's library, and faster than others where the processor has it
    for part in parts:
        hashed.update(part)
    return hashed.digest()


def index_names(index: bytes) -> tuple[str, list[str]]:
    """The product and the names of one chunk of the index."""
    product, _, names = index.decode("ascii", "replace").partition(":")
    return product, names.split(SEPARATOR)

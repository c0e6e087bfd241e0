"""What a version states of itself: counts of every product and one checksum over all that it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields

from predawn import keys
from predawn.codec import CHUNK, Codes, encode_ids
from predawn.keys import FORMAT, VersionKeys, day_of
from predawn.products import Record

SAMPLE = 4096  # records compared byte for byte; every one when there are no more
_DIGEST_BYTES = 16
_DIGEST_RANGE = 1 << (8 * _DIGEST_BYTES)


@dataclass(frozen=True)
class Manifest:
    """One publication, as its manifest key states it.

    users: lists; counts: keys of each product; items: length of the dictionary; channels: what the channel codes of
    the reasons stand for, in order; chunks: keys of the index; gate: what let the lists pass, in the publisher's words.
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


@dataclass
class Tally:
    """What a stream of records amounts to, whatever its order: counts, a checksum and a sample.

    The checksum is the sum of the records' BLAKE2b digests (RFC 7693) modulo 2**128. The sample holds the records whose
    digest ends in enough zero bits for at most SAMPLE to remain, so it depends on the records only.
    """

    counts: dict[str, int] = field(default_factory=dict)
    items_per_list: int = 0
    sample: dict[tuple[str, str], tuple[int, Record]] = field(default_factory=dict)
    chunks: int = 0
    _sum: int = 0
    _mask: int = 0

    def add(self, record: Record) -> None:
        product, name, value = record
        digest = _digest(f"{product}:{name}", value)
        self.counts[product] = self.counts.get(product, 0) + 1
        if product == keys.USER:
            self.items_per_list = max(self.items_per_list, value.count(b",") + 1)
        self._sum = (self._sum + digest) % _DIGEST_RANGE
        if digest & self._mask:
            return
        self.sample[product, name] = digest, record
        while len(self.sample) > SAMPLE:
            self._mask = self._mask << 1 | 1
            self.sample = {key: kept for key, kept in self.sample.items() if not kept[0] & self._mask}

    def finish(self, items: Codes, popular: bytes) -> None:
        """Adds what is written last: the popular list and the dictionary."""
        self.items_per_list = max(self.items_per_list, popular.count(b",") + 1)
        self._sum += _digest("popular", popular)
        ids = list(items)
        for number in range(-(-len(ids) // CHUNK)):
            self._sum += _digest(f"items:{number}", encode_ids(ids[number * CHUNK : (number + 1) * CHUNK]))

    @property
    def checksum(self) -> str:
        return f"{self._sum % _DIGEST_RANGE:0{2 * _DIGEST_BYTES}x}"

    @property
    def keys(self) -> int:
        return sum(self.counts.values())

    def manifest(self, at: VersionKeys, items: Codes, channels: Sequence[str], gate: str | None) -> Manifest:
        return Manifest(
            scene=at.place.scene,
            variant=at.place.variant,
            version=at.version,
            data_day=day_of(at.version),
            users=self.counts.get(keys.USER, 0),
            items_per_list=self.items_per_list,
            counts=self.counts,
            items=len(items),
            channels=list(channels),
            checksum=self.checksum,
            chunks=self.chunks,
            gate=gate,
        )


def _digest(name: str, value: bytes) -> int:
    hashed = hashlib.blake2b(b"%b\n%b" % (name.encode(), value), digest_size=_DIGEST_BYTES)
    return int.from_bytes(hashed.digest(), "big")

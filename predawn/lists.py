"""The lists of one version in Redis: writing, comparing, reading back, removing.

Life times make a version vanish as a whole. The popular list is its sentinel: written last, expiring LIST_GRACE_SECONDS
before the users' lists, unlinked first. So whoever finds the popular list after missing a user's list knows that the
user has none, and whoever misses both knows that the version is gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from typing import TypeAlias

from predawn.codec import encode
from predawn.connection import Client, count, fetch
from predawn.errors import PublishRefused, VerificationFailed
from predawn.keys import FORMAT, VersionKeys, day_of, escape

BATCH = 1000  # records in a round trip, and user ids in a chunk of the index
SAMPLE = 4096  # lists compared byte for byte; every list when there are no more
LIST_GRACE_SECONDS = 86_400  # longer than any publication takes
_DIGEST_BYTES = 16
_DIGEST_RANGE = 1 << (8 * _DIGEST_BYTES)

Record: TypeAlias = tuple[str, bytes]  # escaped user id, encoded list


@dataclass(frozen=True)
class Manifest:
    """One publication, as its manifest key states it. users: lists; chunks: keys of the user index."""

    scene: str
    version: str
    data_day: str
    users: int
    items_per_list: int
    checksum: str
    chunks: int
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(value: bytes) -> Manifest:
        """Fields that this release doesn't know are ignored: a format may grow without a new number."""
        stated = json.loads(value)
        return Manifest(**{each.name: stated[each.name] for each in fields(Manifest)})


@dataclass
class Tally:
    """What a stream of records amounts to, whatever its order: a count, a checksum and a sample.

    The checksum is the sum of the records' BLAKE2b digests (RFC 7693) modulo 2**128. The sample holds the records whose
    digest ends in enough zero bits for at most SAMPLE to remain, so it depends on the records only.
    """

    users: int = 0
    items_per_list: int = 0
    sample: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    _sum: int = 0
    _mask: int = 0

    def add(self, user: str, value: bytes) -> None:
        digest = _digest(user, value)
        self.users += 1
        self.items_per_list = max(self.items_per_list, value.count(b",") + 1)
        self._sum = (self._sum + digest) % _DIGEST_RANGE
        if digest & self._mask:
            return
        self.sample[user] = digest, value
        while len(self.sample) > SAMPLE:
            self._mask = self._mask << 1 | 1
            self.sample = {user: kept for user, kept in self.sample.items() if not kept[0] & self._mask}

    def checksum(self, popular: bytes) -> str:
        # No user has an empty id, so the popular list can stand under it.
        return f"{(self._sum + _digest('', popular)) % _DIGEST_RANGE:0{2 * _DIGEST_BYTES}x}"

    def manifest(self, keys: VersionKeys, popular: bytes) -> Manifest:
        return Manifest(
            scene=keys.scene,
            version=keys.version,
            data_day=day_of(keys.version),
            users=self.users,
            items_per_list=max(self.items_per_list, popular.count(b",") + 1),
            checksum=self.checksum(popular),
            chunks=-(-self.users // BATCH),
        )


def _digest(user: str, value: bytes) -> int:
    hashed = hashlib.blake2b(b"%b\n%b" % (user.encode(), value), digest_size=_DIGEST_BYTES)
    return int.from_bytes(hashed.digest(), "big")


def records(lists: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Record]:
    """Escapes and encodes. Raises PublishRefused for an empty list, InvalidId for an id that can't be stored."""
    for user, items in lists:
        if not len(items):
            raise PublishRefused(f"user {user!r} has an empty list: leave the user out, and popular items answer.")
        yield escape(user), encode(items)


def _batches(stream: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(stream)
    while batch := list(islice(iterator, BATCH)):
        yield batch


@dataclass(frozen=True)
class VersionLists:
    """The keys of one version and what can be done to them. Redis errors pass through untranslated."""

    client: Client
    keys: VersionKeys
    ttl_seconds: int

    def manifest(self) -> Manifest | None:
        """The manifest of a version that is there as a whole; null when it is unfinished, removed or expired."""
        popular, manifest = fetch(self.client, [self.keys.popular, self.keys.manifest])
        return Manifest.from_json(manifest) if popular and manifest else None

    def gone(self) -> bool:
        """Whether the sentinel is missing, so that readers find nothing here for unknown users."""
        return fetch(self.client, [self.keys.popular]) == [None]

    def write(self, stream: Iterable[Record], popular: bytes) -> Tally:
        """Writes a version that has no keys yet; the manifest is left to `seal`.

        Raises PublishRefused when a user occurs twice with different lists.
        """
        tally = Tally()
        stem, ttl = self.keys.user_stem, self.ttl_seconds + LIST_GRACE_SECONDS
        for number, batch in enumerate(_batches(stream)):
            pipeline = self.client.pipeline(transaction=False)
            # The index first: a kill in the middle must not leave lists that no clean-up finds.
            pipeline.set(self.keys.users_chunk(number), ",".join(user for user, _ in batch), ex=ttl)
            for user, value in batch:
                # NX tells duplicates without a set of a million users in memory.
                pipeline.set(stem + user, value, ex=ttl, nx=True)
                tally.add(user, value)
            self._check_present(batch, pipeline.execute()[1:])
        self.client.set(self.keys.popular, popular, ex=self.ttl_seconds)
        return tally

    def _check_present(self, batch: list[Record], written: list[object]) -> None:
        present = [record for record, done in zip(batch, written, strict=True) if not done]
        for (user, value), found in zip(present, self._values(present), strict=True):
            # The same bytes are no contradiction: the client may have sent a batch twice after a lost answer.
            if found != value:
                raise PublishRefused(
                    f"scene {self.keys.scene!r}: user {user} occurs twice with different lists: give each one list."
                )

    def refresh(self, stream: Iterable[Record], popular: bytes, manifest: Manifest) -> Tally:
        """Renews the life times of a version that readers may be reading and restores lists that got lost.

        No list changes its bytes. Raises PublishRefused when the lists aren't the ones that the manifest describes.
        """
        tally = Tally()
        lost: list[Record] = []
        ttl = self.ttl_seconds + LIST_GRACE_SECONDS
        for batch in _batches(stream):
            pipeline = self.client.pipeline(transaction=False)
            for (user, value), found in zip(batch, self._values(batch), strict=True):
                tally.add(user, value)
                if found is None:
                    lost.append((user, value))
                elif found != value:
                    raise self._contradiction()
                pipeline.expire(self.keys.user_stem + user, ttl)
            pipeline.execute()
        if tally.checksum(popular) != manifest.checksum or fetch(self.client, [self.keys.popular]) != [popular]:
            raise self._contradiction()
        pipeline = self.client.pipeline(transaction=False)
        for user, value in lost:
            pipeline.set(self.keys.user_stem + user, value, ex=ttl)
        for number in range(manifest.chunks):
            pipeline.expire(self.keys.users_chunk(number), ttl)
        pipeline.execute()
        self.client.expire(self.keys.popular, self.ttl_seconds)
        return tally

    def _contradiction(self) -> PublishRefused:
        return PublishRefused(
            f"scene {self.keys.scene!r} has version {self.keys.version} with other lists, and they stay as they are: "
            "publish the new lists under another version."
        )

    def verify(self, tally: Tally, popular: bytes) -> None:
        """Reads back: counts every user's list, compares the sample and the popular list byte for byte.

        Raises VerificationFailed.
        """
        present = sum(count(self.client, "EXISTS", users) for users in self._indexed())
        sample = [(user, value) for user, (_, value) in tally.sample.items()]
        differing = 0
        for batch in _batches(sample):
            differing += sum(found != value for (_, value), found in zip(batch, self._values(batch), strict=True))
        [stored] = fetch(self.client, [self.keys.popular])
        if present != tally.users or differing or not stored or stored != popular:
            right = "right" if stored == popular else "wrong"
            raise VerificationFailed(
                f"scene {self.keys.scene!r}, version {self.keys.version}: {present} of {tally.users} lists are there, "
                f"{differing} of {len(sample)} compared differ, the popular list is {right}: "
                "nothing went live; check the memory limit of Redis and publish again."
            )

    def seal(self, manifest: Manifest) -> None:
        """Writes the manifest: from now on the version counts as whole."""
        self.client.set(self.keys.manifest, manifest.to_json(), ex=self.ttl_seconds)

    def remove(self, may: Callable[[], bool]) -> None:
        """Unlinks the version's keys in batches, as long as `may` says so; may be interrupted and repeated."""
        if not may():
            return
        self.client.unlink(self.keys.popular)
        self.client.unlink(self.keys.manifest)
        chunks = 0
        for users in self._indexed():
            if not may():
                return
            count(self.client, "UNLINK", users)
            chunks += 1
        # The index goes last, so that an interrupted removal can start again.
        count(self.client, "UNLINK", [self.keys.users_chunk(number) for number in range(chunks)])

    def _indexed(self) -> Iterator[list[str]]:
        """The keys of the users' lists, chunk by chunk of the index."""
        number = 0
        while (chunk := fetch(self.client, [self.keys.users_chunk(number)])[0]) is not None:
            yield [self.keys.user_stem + user for user in chunk.decode("ascii", "replace").split(",")]
            number += 1

    def _values(self, batch: Sequence[Record]) -> list[bytes | None]:
        return fetch(self.client, [self.keys.user_stem + user for user, _ in batch]) if batch else []

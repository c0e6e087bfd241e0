"""The keys of one version in Redis: writing, comparing, reading back, removing.

Life times make a version vanish as a whole. The popular list is its sentinel: written last, expiring LIST_GRACE_SECONDS
before the users' lists, unlinked first. So whoever finds the popular list after missing a user's list knows that the
user has none, and whoever misses both knows that the version is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from predawn.codec import CHUNK, SEPARATOR, Codes, decode_ids, encode_ids
from predawn.connection import Client, count, fetch, raw
from predawn.errors import PublishRefused, VerificationFailed
from predawn.keys import VersionKeys
from predawn.manifest import Manifest, Tally
from predawn.products import Record

BATCH = 1000  # records in a round trip, and names in a chunk of the index
LIST_GRACE_SECONDS = 86_400  # longer than any publication takes


def _batches(stream: Iterable[Record]) -> Iterator[list[Record]]:
    """Records of one product at a time, at most BATCH of them."""
    for _, group in groupby(stream, key=lambda record: record.product):
        while batch := list(islice(group, BATCH)):
            yield batch


@dataclass(frozen=True)
class VersionLists:
    """The keys of one version and what can be done to them. Redis errors pass through untranslated."""

    client: Client
    keys: VersionKeys
    ttl_seconds: int

    @property
    def _ttl(self) -> int:
        return self.ttl_seconds + LIST_GRACE_SECONDS

    def manifest(self) -> Manifest | None:
        """The manifest of a version that is there as a whole; null when it is unfinished, removed or expired."""
        popular, manifest = fetch(self.client, [self.keys.popular, self.keys.manifest])
        return Manifest.from_json(manifest) if popular and manifest else None

    def gone(self) -> bool:
        """Whether the sentinel is missing, so that readers find nothing here for unknown users."""
        return fetch(self.client, [self.keys.popular]) == [None]

    def dictionary(self) -> list[str]:
        """The items in the order of their codes; empty when there is no dictionary."""
        chunks = {int(raw(field) or 0): raw(ids) or b"" for field, ids in self.client.hgetall(self.keys.items).items()}
        return [item for number in sorted(chunks) for item in decode_ids(chunks[number])]

    def write(self, stream: Iterable[Record], items: Codes, popular: Sequence[str]) -> tuple[Tally, bytes]:
        """Writes a version that has no keys yet and answers what it wrote; the manifest is left to `seal`.

        Raises PublishRefused when a user occurs twice with different lists.
        """
        tally = Tally()
        for number, batch in enumerate(_batches(stream)):
            tally.chunks = number + 1
            pipeline = self.client.pipeline(transaction=False)
            # The index first: a kill in the middle must not leave lists that no clean-up finds.
            index = f"{batch[0].product}:{SEPARATOR.join(record.name for record in batch)}"
            pipeline.set(self.keys.index(number), index, ex=self._ttl)
            for key, record in zip(self._names(batch), batch, strict=True):
                # NX tells duplicates without a set of a million users in memory.
                pipeline.set(key, record.value, ex=self._ttl, nx=True)
                tally.add(record)
            self._check_present(batch, pipeline.execute()[1:])
        popular_value = items.encode(popular)
        tally.finish(items, popular_value)
        self._write_dictionary(items)
        self.client.set(self.keys.popular, popular_value, ex=self.ttl_seconds)
        return tally, popular_value

    def _write_dictionary(self, items: Codes) -> None:
        pipeline = self.client.pipeline(transaction=False)
        for number, ids in enumerate(dictionary_chunks(items)):
            pipeline.hset(self.keys.items, str(number), ids)
        pipeline.expire(self.keys.items, self._ttl)
        pipeline.execute()

    def _check_present(self, batch: list[Record], written: list[object]) -> None:
        present = [record for record, done in zip(batch, written, strict=True) if not done]
        for record, found in zip(present, self._values(present), strict=True):
            # The same bytes are no contradiction: the client may have sent a batch twice after a lost answer.
            if found != record.value:
                raise PublishRefused(
                    f"{self.keys.place}: {record.product}:{record.name} occurs twice with different lists: "
                    "give each one list."
                )

    def refresh(
        self, stream: Iterable[Record], items: Codes, popular: Sequence[str], manifest: Manifest
    ) -> tuple[Tally, bytes]:
        """Renews the life times of a version that readers may be reading and restores lists that got lost.

        No list changes its bytes. Raises PublishRefused when the lists aren't the ones that the manifest describes.
        """
        tally = Tally()
        lost: list[Record] = []
        for batch in _batches(stream):
            pipeline = self.client.pipeline(transaction=False)
            for record, key, found in zip(batch, self._names(batch), self._values(batch), strict=True):
                tally.add(record)
                if found is None:
                    lost.append(record)
                elif found != record.value:
                    raise self._contradiction()
                pipeline.expire(key, self._ttl)
            pipeline.execute()
        popular_value = items.encode(popular)
        tally.finish(items, popular_value)
        if tally.checksum != manifest.checksum or fetch(self.client, [self.keys.popular]) != [popular_value]:
            raise self._contradiction()
        pipeline = self.client.pipeline(transaction=False)
        for record in lost:
            pipeline.set(f"{self.keys.stem}{record.product}:{record.name}", record.value, ex=self._ttl)
        for number in range(manifest.chunks):
            pipeline.expire(self.keys.index(number), self._ttl)
        pipeline.execute()
        self._write_dictionary(items)
        self.client.expire(self.keys.popular, self.ttl_seconds)
        return tally, popular_value

    def _contradiction(self) -> PublishRefused:
        return PublishRefused(
            f"{self.keys.place} has version {self.keys.version} with other lists, and they stay as they are: "
            "publish the new lists under another version."
        )

    def verify(self, tally: Tally, items: Codes, popular: bytes) -> None:
        """Reads back: counts every key, compares the sample, the dictionary and the popular list byte for byte.

        Raises VerificationFailed.
        """
        present = sum(count(self.client, "EXISTS", found) for found in self._indexed())
        sample = [record for _, record in tally.sample.values()]
        differing = 0
        for batch in _batches(sorted(sample)):
            found = self._values(batch)
            differing += sum(value != record.value for record, value in zip(batch, found, strict=True))
        [stored] = fetch(self.client, [self.keys.popular])
        wrong = [] if stored and stored == popular else ["the popular list is wrong"]
        if self.dictionary() != list(items):
            wrong.append("the dictionary of items is wrong")
        if present != tally.keys or differing or wrong:
            raise VerificationFailed(
                f"{self.keys.place}, version {self.keys.version}: {present} of {tally.keys} lists are there, "
                f"{', '.join([f'{differing} of {len(sample)} compared differ', *wrong])}: "
                "nothing went live; check the memory limit of Redis and publish again."
            )

    def seal(self, manifest: Manifest) -> None:
        """Writes the manifest: from now on the version counts as whole."""
        self.client.set(self.keys.manifest, manifest.to_json(), ex=self.ttl_seconds)

    def remove(self, may: Callable[[], bool]) -> None:
        """Unlinks the version's keys in batches, as long as `may` says so; may be interrupted and repeated."""
        if not may():
            return
        for key in (self.keys.popular, self.keys.manifest, self.keys.items):
            self.client.unlink(key)
        chunks = 0
        for found in self._indexed():
            if not may():
                return
            count(self.client, "UNLINK", found)
            chunks += 1
        # The index goes last, so that an interrupted removal can start again.
        count(self.client, "UNLINK", [self.keys.index(number) for number in range(chunks)])

    def _indexed(self) -> Iterator[list[str]]:
        """The keys of all records, chunk by chunk of the index."""
        number = 0
        while (chunk := fetch(self.client, [self.keys.index(number)])[0]) is not None:
            product, _, names = chunk.decode("ascii", "replace").partition(":")
            yield [f"{self.keys.stem}{product}:{name}" for name in names.split(SEPARATOR)]
            number += 1

    def _names(self, batch: Sequence[Record]) -> list[str]:
        return [f"{self.keys.stem}{product}:{name}" for product, name, _ in batch]

    def _values(self, batch: Sequence[Record]) -> list[bytes | None]:
        return fetch(self.client, self._names(batch)) if batch else []


def dictionary_chunks(items: Codes) -> Iterator[bytes]:
    """The fields of the dictionary, numbered from 0."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield encode_ids(chunk)

"""The keys of one version in Redis: writing, comparing, reading back, removing.

Life times make a version vanish as a whole. The popular list is its sentinel: written last, expiring LIST_GRACE_SECONDS
before the users' lists, unlinked first. So whoever finds the popular list after missing a user's list knows that the
user has none, and whoever misses both knows that the version is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from predawn.bulk import bulk, bulk_of
from predawn.codec import SEPARATOR, Codes, decode_ids
from predawn.connection import Client, count, fetch, raw
from predawn.errors import CorruptList, PublishRefused, VerificationFailed
from predawn.keys import VersionKeys
from predawn.manifest import Manifest, Tally, dictionary, index_names
from predawn.products import Block

LIST_GRACE_SECONDS = 86_400  # longer than any publication takes
COMPARED_BLOCKS = 64
CHUNKS_AT_ONCE = 16  # chunks of the index in a round trip


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

    def items(self) -> list[str]:
        """The dictionary: item ids in the order of their codes; empty when there is none, or foreign bytes."""
        try:
            chunks = {
                int(raw(name) or 0): raw(ids) or b"" for name, ids in self.client.hgetall(self.keys.items).items()
            }
            return [item for number in sorted(chunks) for item in decode_ids(chunks[number])]
        except (CorruptList, ValueError):
            return []

    def write(self, stream: Iterable[Block], items: Codes, popular: Sequence[str]) -> tuple[Tally, bytes]:
        """Writes a version that has no keys yet and answers what it wrote; the manifest is left to `seal`."""
        tally = Tally()
        with bulk_of(self.client) as commands:
            for number, block in enumerate(stream):
                # The index first: a kill in the middle must not leave lists that no clean-up finds.
                commands.set(self.keys.stem, [f"index:{number}"], [block.listing.encode()], self._ttl)
                commands.set(self._stem(block.product), block.names, block.values, self._ttl)
                tally.add(block, self.keys)
        value = items.encode(popular)
        self._write_dictionary(items)
        self.client.set(self.keys.popular, value, ex=self.ttl_seconds)
        return tally, value

    def _write_dictionary(self, items: Codes) -> None:
        pipeline = self.client.pipeline(transaction=False)
        for number, ids in enumerate(dictionary(items)):
            pipeline.hset(self.keys.items, str(number), ids)
        pipeline.expire(self.keys.items, self._ttl)
        pipeline.execute()

    def refresh(self, stream: Iterable[Block], items: Codes, popular: Sequence[str], manifest: Manifest) -> None:
        """Renews the life times of a version that readers may be reading and restores lists that got lost.

        No list changes its bytes. Raises PublishRefused when the lists aren't the ones that the manifest describes.
        """
        counts: dict[str, int] = {}
        lost: list[Block] = []
        with bulk_of(self.client) as commands:
            for block in stream:
                counts[block.product] = counts.get(block.product, 0) + len(block.names)
                data = bulk(block.values)
                odd = partial(self._differs, block, lost)
                commands.compare(self._stem(block.product), block.names, len(data), data.__eq__, odd)
        value = items.encode(popular)
        if counts != manifest.counts or len(items) != manifest.items or not self._is_popular(value):
            raise self.contradiction()
        with bulk_of(self.client) as commands:
            for block in lost:
                commands.set(self._stem(block.product), block.names, block.values, self._ttl)
            for number, index in self._index():
                product, names = index_names(index)
                commands.expire(self.keys.stem, [f"index:{number}"], self._ttl)
                commands.expire(self._stem(product), names, self._ttl)
        self._write_dictionary(items)
        self.client.expire(self.keys.popular, self.ttl_seconds)

    def _differs(self, block: Block, lost: list[Block], found: list[bytes | None]) -> None:
        missing = [place for place, value in enumerate(found) if value is None]
        if any(value not in (None, mine) for value, mine in zip(found, block.values, strict=True)):
            raise self.contradiction()
        names, values = [block.names[place] for place in missing], [block.values[place] for place in missing]
        lost.append(Block(block.product, names, values))

    def _is_popular(self, value: bytes) -> bool:
        return fetch(self.client, [self.keys.popular]) == [value]

    def contradiction(self) -> PublishRefused:
        return PublishRefused(
            f"{self.keys.place} has version {self.keys.version} with other lists, and they stay as they are: "
            "publish the new lists under another version."
        )

    def verify(self, tally: Tally, items: Codes, popular: bytes) -> None:
        """Counts what the index names, and compares values with what was written, by their digests: all of them up to
        COMPARED_BLOCKS blocks, else so many blocks at even distances. Redis has acknowledged each of the others.

        Raises VerificationFailed; PublishRefused where the reason is that an owner has two lists.
        """
        missing: list[int] = []  # of each compared block that isn't as it was written
        named, chunks, step = 0, 0, -(-len(tally.written) // COMPARED_BLOCKS)
        with bulk_of(self.client) as commands:
            for (number, index), written in zip(self._index(), tally.written, strict=False):
                chunks, named = number + 1, named + index.count(SEPARATOR.encode()) + 1
                if number % step == 0:
                    product, names = index_names(index)
                    fits = partial(written.fits, index)
                    commands.compare(
                        self._stem(product), names, written.size, fits, lambda found: missing.append(found.count(None))
                    )
        wrong = [] if self._is_popular(popular) else ["the popular list is wrong"]
        if self.items() != list(items):
            wrong.append("the dictionary of items is wrong")
        failed = missing or wrong or named != tally.keys or chunks != len(tally.written)
        if failed or not tally.ascending:
            self._refuse_doubles()
        if failed:
            raise VerificationFailed(
                f"{self.keys.place}, version {self.keys.version}: {named - sum(missing)} of {tally.keys} lists "
                f"are there, {len(missing)} of {-(-chunks // step)} compared blocks differ"
                f"{''.join(', ' + each for each in wrong)}: nothing went live; "
                "check the memory limit of Redis and publish again."
            )

    def verify_refreshed(self, manifest: Manifest, popular: bytes) -> None:
        """Counts every key again. Raises VerificationFailed."""
        present = sum(count(self.client, "EXISTS", found) for found in self._indexed())
        if present != sum(manifest.counts.values()) or not self._is_popular(popular):
            raise VerificationFailed(
                f"{self.keys.place}, version {self.keys.version}: {present} of {sum(manifest.counts.values())} lists "
                "are there after they were renewed: check the memory limit of Redis and publish again."
            )

    def _refuse_doubles(self) -> None:
        seen: set[tuple[str, str]] = set()
        for _, index in self._index():
            product, names = index_names(index)
            double = next((name for name in names if (product, name) in seen), None)
            if double is not None:
                raise PublishRefused(
                    f"{self.keys.place}: {product}:{double} occurs twice with different lists: give one."
                )
            seen.update((product, name) for name in names)

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
        for start in range(0, chunks, CHUNKS_AT_ONCE):
            numbers = range(start, min(start + CHUNKS_AT_ONCE, chunks))
            count(self.client, "UNLINK", [self.keys.index(number) for number in numbers])

    def _index(self) -> Iterator[tuple[int, bytes]]:
        """The chunks of the index with their numbers, from 0."""
        start = 0
        while True:
            found = fetch(self.client, [self.keys.index(start + place) for place in range(CHUNKS_AT_ONCE)])
            for place, index in enumerate(found):
                if index is None:
                    return
                yield start + place, index
            start += CHUNKS_AT_ONCE

    def _indexed(self) -> Iterator[list[str]]:
        """The keys of all values, chunk by chunk of the index."""
        for _, index in self._index():
            product, names = index_names(index)
            yield [self._stem(product) + name for name in names]

    def _stem(self, product: str) -> str:
        return f"{self.keys.stem}{product}:"

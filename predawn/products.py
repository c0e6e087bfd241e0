"""What one publication consists of, as the caller hands it in and as it goes to Redis, block by block."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeAlias, TypeVar

from predawn import keys
from predawn.codec import SEPARATOR, Codes, Reason, codes, encode_reasons, number
from predawn.errors import PublishRefused

T = TypeVar("T")
BLOCK = 1000  # values in a block


class CodedLists(NamedTuple):
    """Many lists at once, encoded by the caller, which is worth while for a million of them.

    names: the owners' ids; values: their lists as codes of `Products.items`, joined by commas (predawn.codec).
    """

    names: Sequence[str]
    values: Sequence[bytes]

    def head(self, count: int) -> CodedLists:
        return CodedLists(self.names[:count], self.values[:count])


Lists: TypeAlias = Iterable[tuple[str, Sequence[str]] | CodedLists]


@dataclass(frozen=True)
class Products:
    """The content of a version. Iterables are read once and never held in memory as a whole.

    lists: (user id, ranked item ids), or CodedLists; popular: the list for everyone else, not empty. All others may be
    left out: segments: (`attribute=value`, ranked item ids), tried before `popular`; similar, together: (item id,
    ranked item ids); why: (user id, reasons of the first places of that user's list); features: (item id, an object
    that JSON can hold); vectors: (item id, numbers); history: (user id, objects `{"item": id, "day": YYYY-MM-DD,
    "count": times}`, the newest first), what the user did lately.

    items: the ids in the order in which they get codes, the most listed first; ids that are missing there get codes as
    they come. expected: how many users have a list, if known: then memory is checked before anything is written.
    """

    lists: Lists
    popular: Sequence[str]
    segments: Lists = ()
    similar: Lists = ()
    together: Lists = ()
    why: Iterable[tuple[str, Sequence[Reason]]] = ()
    features: Iterable[tuple[str, Mapping[str, Any]]] = ()
    vectors: Iterable[tuple[str, Sequence[float]]] = ()
    history: Iterable[tuple[str, Sequence[Mapping[str, Any]]]] = ()
    items: Sequence[str] = ()
    expected: int | None = None


class Block(NamedTuple):
    """Some values of one product: their owners' escaped ids, and the values, parallel."""

    product: str
    names: Sequence[str]
    values: Sequence[bytes]

    @property
    def listing(self) -> str:
        """What the block's chunk of the index holds."""
        return f"{self.product}:{','.join(self.names)}"


def blocks(products: Products, items: Codes, channels: Codes) -> Iterator[Block]:
    """Escapes and encodes all products but `popular`, the users' lists first.

    Raises PublishRefused for an empty list or an owner with two of them, InvalidId for an id that can't be stored.
    """

    def why(reasons: Sequence[Reason]) -> bytes:
        return encode_reasons(reasons, items, channels)

    yield from _lists(keys.USER, products.lists, items)
    yield from _blocks(keys.WHY, ((user, reasons) for user, reasons in products.why if len(reasons)), why)
    yield from _lists(keys.SIMILAR, products.similar, items)
    yield from _lists(keys.TOGETHER, products.together, items)
    yield from _lists(keys.SEGMENT, products.segments, items)
    yield from _blocks(keys.FEATURES, products.features, _json)
    yield from _blocks(keys.VECTOR, products.vectors, _floats)
    yield from _blocks(keys.HISTORY, ((user, list(done)) for user, done in products.history if len(done)), _json)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _floats(vector: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(vector)}f", *vector)


def _lists(product: str, lists: Lists, items: Codes) -> Iterator[Block]:
    pairs: list[tuple[str, Sequence[str]]] = []
    for entry in lists:
        if isinstance(entry, CodedLists):
            yield from _blocks(product, pairs, items.encode)
            pairs = []
            for start in range(0, len(entry.names), BLOCK):
                block = _block(product, entry.names[start : start + BLOCK], entry.values[start : start + BLOCK])
                _check_codes(block, items)
                yield block
            continue
        pairs.append(entry)
        if len(pairs) == BLOCK:
            yield from _blocks(product, pairs, items.encode)
            pairs = []
    yield from _blocks(product, pairs, items.encode)


def _blocks(product: str, pairs: Iterable[tuple[str, T]], encode: Callable[[T], bytes]) -> Iterator[Block]:
    iterator = iter(pairs)
    while batch := list(islice(iterator, BLOCK)):
        yield _block(product, [name for name, _ in batch], [encode(content) for _, content in batch])


def _block(product: str, names: Sequence[str], values: Sequence[bytes]) -> Block:
    if b"" in values:
        owner = names[list(values).index(b"")]
        raise PublishRefused(f"{_of(product)} {owner!r} has an empty list: leave it out, and popular items answer.")
    if len(names) != len(values):
        raise PublishRefused(f"{len(names)} owners have {len(values)} lists of product {product!r}: give each one.")
    escaped = keys.escape_all(names)
    if len(set(escaped)) < len(escaped):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise PublishRefused(f"{_of(product)} {twice!r} occurs twice: give each one list.")
    return Block(product, escaped, values)


def _check_codes(block: Block, items: Codes) -> None:
    """Raises PublishRefused when the first list of a block that the caller has encoded names no items."""
    known = codes(len(items))
    for code in block.values[0].decode("ascii", "replace").split(SEPARATOR):
        place = number(code)
        if place is None or place >= len(items) or known[place] != code:
            raise PublishRefused(
                f"{_of(block.product)} {block.names[0]!r} has a list with code {code[:40]!r}, but there are codes of "
                f"{len(items)} items only: encode lists by the order of Products.items."
            )


def _of(product: str) -> str:
    return "user" if product in (keys.USER, keys.WHY, keys.HISTORY) else product

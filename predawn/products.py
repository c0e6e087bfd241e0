"""What one publication consists of, as the caller hands it in and as it goes to Redis."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from predawn import keys
from predawn.codec import Codes, Reason, encode_reasons
from predawn.errors import PublishRefused

Lists: TypeAlias = Iterable[tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class Products:
    """The content of a version. Iterables are read once and never held in memory as a whole.

    lists: (user id, ranked item ids); popular: the list for everyone else, not empty. All others may be left out:
    segments: (`attribute=value`, ranked item ids), tried before `popular`; similar, together: (item id, ranked item
    ids); why: (user id, reasons of the first places of that user's list); features: (item id, an object that JSON can
    hold); vectors: (item id, numbers). items: the ids in the order in which they get codes, the most listed first; ids
    that are missing there get codes as they come.
    """

    lists: Lists
    popular: Sequence[str]
    segments: Lists = ()
    similar: Lists = ()
    together: Lists = ()
    why: Iterable[tuple[str, Sequence[Reason]]] = ()
    features: Iterable[tuple[str, Mapping[str, Any]]] = ()
    vectors: Iterable[tuple[str, Sequence[float]]] = ()
    items: Sequence[str] = field(default=())


class Record(NamedTuple):
    """One key below the version: its product, the escaped id, the value."""

    product: str
    name: str
    value: bytes


def records(products: Products, items: Codes, channels: Codes) -> Iterator[Record]:
    """Escapes and encodes all products but `popular`, the users' lists first.

    Raises PublishRefused for an empty list, InvalidId for an id that can't be stored.
    """
    yield from _lists(keys.USER, products.lists, items)
    for user, reasons in products.why:
        if len(reasons):
            yield Record(keys.WHY, keys.escape(user), encode_reasons(reasons, items, channels))
    yield from _lists(keys.SIMILAR, products.similar, items)
    yield from _lists(keys.TOGETHER, products.together, items)
    yield from _lists(keys.SEGMENT, products.segments, items)
    for item, features in products.features:
        text = json.dumps(features, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        yield Record(keys.FEATURES, keys.escape(item), text.encode())
    for item, vector in products.vectors:
        yield Record(keys.VECTOR, keys.escape(item), struct.pack(f"<{len(vector)}f", *vector))


def _lists(product: str, lists: Lists, items: Codes) -> Iterator[Record]:
    for name, ranked in lists:
        if not len(ranked):
            owner = "user" if product == keys.USER else product
            raise PublishRefused(f"{owner} {name!r} has an empty list: leave it out, and popular items answer.")
        yield Record(product, keys.escape(name), items.encode(ranked))

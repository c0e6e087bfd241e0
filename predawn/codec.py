"""A list's value: item ids joined by commas, best first, readable with `redis-cli GET`.

In an id, `%`, `,`, control characters and everything outside ASCII are percent-encoded, byte by byte of the UTF-8.
Every list has exactly one encoding, so equal bytes mean equal lists and decode can refuse all others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from predawn.errors import CorruptList, InvalidId
from predawn.keys import MAX_ID_BYTES

SEPARATOR = ","
# Printable ASCII but for the percent sign and the separator stays as it is.
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in f"%{SEPARATOR}")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-F]{2})")


def encode(items: Sequence[str]) -> bytes:
    """(n,) item ids -> one value; an empty list is the empty value.

    Raises InvalidId when an id is empty, too long or no text, and when `items` is itself a string.
    """
    if isinstance(items, (str, bytes)):
        raise InvalidId(f"{items[:40]!a} is one id, not a list: wrap it in a list.")
    joined = SEPARATOR.join(items)
    if (
        joined.isascii()
        and joined.isprintable()
        and "%" not in joined
        and joined.count(SEPARATOR) == max(len(items) - 1, 0)
        and all(items)
        and (len(joined) <= MAX_ID_BYTES or max(map(len, items)) <= MAX_ID_BYTES)
    ):
        return joined.encode("ascii")
    return SEPARATOR.join(map(_escape_item, items)).encode("ascii")


def decode(value: bytes) -> list[str]:
    """One value -> (n,) item ids, best first. Raises CorruptList on bytes that encode never writes."""
    try:
        text = value.decode("ascii")
        items = text.split(SEPARATOR) if text else []
        if "%" in text:
            if _BROKEN_ESCAPE.search(text):
                raise ValueError("a percent sign without two digits")
            items = [unquote(item, errors="strict") for item in items]
        if encode(items) == value:
            return items
    except ValueError:
        pass
    raise CorruptList(f"the stored list {value[:40]!r} wasn't written by a publisher: publish the scene again.")


def _escape_item(item: str) -> str:
    if not item:
        raise InvalidId("an item id is empty: give every item a non-empty id.")
    try:
        size = len(item.encode())
    except UnicodeEncodeError as error:
        raise InvalidId(f"item id {item[:40]!a} holds a lone surrogate: ids must be valid Unicode text.") from error
    if size > MAX_ID_BYTES:
        raise InvalidId(f"item id {item[:40]!a}... has {size} bytes: shorten it to {MAX_ID_BYTES} at most.")
    return quote(item, safe=_PLAIN)

"""The values of format 2. A list is the short codes of its items joined by commas, best first: `4,1,2K`.

A code is the number of an item in its version's dictionary in base 62, so the numbers that occur most should be the
smallest. The dictionary itself holds ids, joined by commas; in an id, `%`, `,`, control characters and everything
outside ASCII are percent-encoded, byte by byte of the UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import NamedTuple
from urllib.parse import quote, unquote

from predawn.errors import CorruptList, InvalidId
from predawn.keys import MAX_ID_BYTES

SEPARATOR = ","
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHUNK = 1000  # ids in one field of the dictionary
SCORE_UNIT = 10_000  # scores are stored as whole ten-thousandths
# Printable ASCII but for the percent sign and the separator stays as it is.
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in f"%{SEPARATOR}")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-F]{2})")
_codes: list[str] = []  # of the numbers from 0, as far as anyone has needed them


class Reason(NamedTuple):
    """Why an item stands in a list. score: the ranker's, null when not stored; evidence: the item it follows from."""

    score: float | None
    channel: str
    evidence: str | None = None


def codes(count: int) -> list[str]:
    """The codes of the numbers from 0; (at least `count`,) and shared, so not to be changed."""
    global _codes
    if len(_codes) < count:
        width, capacity = 1, len(DIGITS)
        while capacity < count:
            width, capacity = width + 1, capacity * len(DIGITS)
        numerals = ("".join(digits).lstrip(DIGITS[0]) for digits in product(DIGITS, repeat=width))
        _codes = [numeral or DIGITS[0] for numeral in islice(numerals, min(capacity, 2 * count))]
    return _codes


def number(code: str) -> int | None:
    """The inverse of `codes`; null for what is no number in base 62."""
    value = 0
    for digit in code:
        place = DIGITS.find(digit)
        if place < 0:
            return None
        value = value * len(DIGITS) + place
    return value if code else None


class Codes(dict[str, str]):
    """Item id -> code. An id that is met for the first time gets the next free code. Raises InvalidId for no id."""

    def __init__(self, items: Iterable[str] = ()) -> None:
        super().__init__()
        for item in items:
            self[item]

    def __missing__(self, item: str) -> str:
        # Any ASCII can be stored, and this test is some ten times cheaper than quoting.
        if not (isinstance(item, str) and item.isascii() and 0 < len(item) <= MAX_ID_BYTES):
            _escape_item(item)
        code = codes(len(self) + 1)[len(self)]
        self[item] = code
        return code

    def encode(self, items: Sequence[str]) -> bytes:
        """(n,) item ids -> one value. Raises InvalidId for ids that can't be stored, and for a string as `items`."""
        if isinstance(items, (str, bytes)):
            raise InvalidId(f"{items[:40]!a} is one id, not a list: wrap it in a list.")
        return SEPARATOR.join(map(self.__getitem__, items)).encode("ascii")


def decode(value: bytes, names: dict[str, str], n: int | None = None) -> list[str]:
    """One value -> the first n item ids, best first; `names` is code -> id. Raises CorruptList on any other bytes."""
    try:
        most = len(value) if n is None else min(n, len(value))
        return [names[code] for code in value.decode("ascii").split(SEPARATOR, most)[: most or None]]
    except (UnicodeDecodeError, KeyError):
        raise CorruptList(f"the stored list {value[:40]!r} wasn't written by a publisher: publish anew.") from None


def encode_reasons(reasons: Sequence[Reason], items: Codes, channels: Codes) -> bytes:
    """For each place `<score>.<channel>.<evidence>`, joined by commas; scores in SCORE_UNIT, what is null is empty."""
    parts = []
    for score, channel, evidence in reasons:
        stated = "" if score is None else round(score * SCORE_UNIT)
        parts.append(f"{stated}.{channels[channel]}.{'' if evidence is None else items[evidence]}")
    return SEPARATOR.join(parts).encode("ascii")


def decode_reasons(value: bytes, items: dict[str, str], channels: dict[str, str]) -> list[Reason]:
    """The inverse. Raises CorruptList."""
    try:
        places = [part.split(".") for part in value.decode("ascii").split(SEPARATOR)]
        return [
            Reason(int(score) / SCORE_UNIT if score else None, channels[channel], items[item] if item else None)
            for score, channel, item in places
        ]
    except (ValueError, KeyError):
        raise CorruptList(f"the stored reasons {value[:40]!r} weren't written by a publisher.") from None


def encode_ids(items: Sequence[str]) -> bytes:
    """(n,) ids -> one value with the ids themselves. Raises InvalidId when an id is empty, too long or no text."""
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


def decode_ids(value: bytes) -> list[str]:
    """The inverse. Raises CorruptList on bytes that encode_ids never writes."""
    try:
        text = value.decode("ascii")
        items = text.split(SEPARATOR) if text else []
        plain = "%" not in text and text.isprintable() and all(items)
        if plain and (len(text) <= MAX_ID_BYTES or max(map(len, items)) <= MAX_ID_BYTES):
            return items
        if "%" in text:
            if _BROKEN_ESCAPE.search(text):
                raise ValueError("a percent sign without two digits")
            items = [unquote(item, errors="strict") for item in items]
        if encode_ids(items) == value:
            return items
    except ValueError:
        pass
    raise CorruptList(f"the stored ids {value[:40]!r} weren't written by a publisher: publish the scene again.")


def _escape_item(item: str) -> str:
    if not isinstance(item, str):
        raise InvalidId(f"item id {item!r:.60} is of type {type(item).__name__}: ids are strings.")
    if not item:
        raise InvalidId("an item id is empty: give every item a non-empty id.")
    try:
        size = len(item.encode())
    except UnicodeEncodeError as error:
        raise InvalidId(f"item id {item[:40]!a} holds a lone surrogate: ids must be valid Unicode text.") from error
    if size > MAX_ID_BYTES:
        raise InvalidId(f"item id {item[:40]!a}... has {size} bytes: shorten it to {MAX_ID_BYTES} at most.")
    return quote(item, safe=_PLAIN)

"""The key layout: one place that knows how a scene, a version and a user become Redis keys (see docs/format.md).

No key holds a brace, so Redis Cluster hashes whole keys and the lists of a scene spread over all slots.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, unquote

from predawn.errors import InvalidId

FORMAT = 2
PREFIX = "predawn"
SCENES = f"{PREFIX}:scenes"
MAX_ID_BYTES = 1024
DAY_LENGTH = len("2017-12-01")

# Products: what precedes the escaped id in a key below a version.
USER, WHY, SIMILAR, TOGETHER, SEGMENT, FEATURES, VECTOR = "u", "why", "similar", "together", "popular", "item", "vec"
HISTORY = "history"

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}\.[0-9A-Za-z_-]{1,64}", re.ASCII)


def escape(text: str) -> str:
    """An id as it stands in a key: RFC 3986 unreserved characters stay, every other byte of its UTF-8 is %XX.

    Raises InvalidId when the id is empty, longer than MAX_ID_BYTES in UTF-8, or no text (a lone surrogate, a number).
    """
    if not isinstance(text, str):
        raise InvalidId(f"id {text!r:.60} is of type {type(text).__name__}: ids are strings.")
    if not text:
        raise InvalidId("an id is empty: give every user, item and scene a non-empty id.")
    # Most ids are plain letters and digits, and this test is some ten times cheaper than quoting.
    if text.isascii() and text.isalnum():
        escaped, size = text, len(text)
    else:
        try:
            escaped, size = quote(text, safe=""), len(text.encode())
        except UnicodeEncodeError as error:
            raise InvalidId(f"id {text[:40]!a} holds a lone surrogate: ids must be valid Unicode text.") from error
    if size > MAX_ID_BYTES:
        raise InvalidId(f"id {text[:40]!a}... has {size} bytes: shorten it to {MAX_ID_BYTES} bytes of UTF-8 at most.")
    return escaped


def escape_all(names: Sequence[str]) -> Sequence[str]:
    """`escape` of many ids; plain letters and digits are recognised for all of them at once."""
    try:
        joined = "".join(names)
    except TypeError:
        joined = ""
    if joined.isascii() and joined.isalnum() and "" not in names and max(map(len, names)) <= MAX_ID_BYTES:
        return names
    return [escape(name) for name in names]


class Place(NamedTuple):
    """A scene and, unless it is the default one (null), a variant of its lists; each has a catalog of its own."""

    scene: str
    variant: str | None = None

    @property
    def segment(self) -> str:
        """How the place stands in keys and in the set of scenes. `@` can't come out of escaping."""
        return escape(self.scene) + (f"@{escape(self.variant)}" if self.variant else "")

    @staticmethod
    def parse(segment: str) -> Place:
        scene, _, variant = segment.partition("@")
        return Place(unquote(scene), unquote(variant) or None)

    def __str__(self) -> str:
        return f"scene {self.scene!r}" + (f", variant {self.variant!r}" if self.variant else "")


def catalog(place: Place) -> str:
    """The hash with the place's live version and the state of every kept one."""
    return f"{PREFIX}:{place.segment}:catalog"


def experiment(scene: str) -> str:
    """The string that says which users get which variant of the scene's lists."""
    return f"{PREFIX}:{escape(scene)}:experiment"


def day_of(version: str) -> str:
    """The data day, YYYY-MM-DD, that every version id begins with."""
    return version[:DAY_LENGTH]


def check_version(version: str, data_day: str) -> None:
    """Raises InvalidId unless `version` is `<data_day>.<tag>` and the data day is a day of the calendar."""
    try:
        valid = dt.date.fromisoformat(data_day).isoformat() == data_day
    except ValueError:
        valid = False
    if not valid:
        raise InvalidId(f"data day {data_day!r} is no calendar day: write it as YYYY-MM-DD.")
    if not _VERSION.fullmatch(version) or day_of(version) != data_day:
        raise InvalidId(f"version {version!r} doesn't fit data day {data_day}: name it {data_day}.<letters or digits>.")


def is_version(text: str) -> bool:
    """Whether a text has the form of a version id."""
    return bool(_VERSION.fullmatch(text))


@dataclass(frozen=True)
class VersionKeys:
    """The keys of one version of one place."""

    place: Place
    version: str

    @cached_property
    def stem(self) -> str:
        """What precedes the rest of every key of the version."""
        return f"{PREFIX}:{self.place.segment}:{self.version}:"

    @cached_property
    def popular(self) -> str:
        return f"{self.stem}popular"

    @cached_property
    def manifest(self) -> str:
        return f"{self.stem}manifest"

    @cached_property
    def items(self) -> str:
        return f"{self.stem}items"

    def of(self, product: str, name: str) -> str:
        """The key of one user's, item's or segment's part of a product."""
        return f"{self.stem}{product}:{escape(name)}"

    def user(self, user: str) -> str:
        return self.of(USER, user)

    def index(self, number: int) -> str:
        """Chunk `number` (from 0) of what the version consists of, so that it can be removed without SCAN."""
        return f"{self.stem}index:{number}"

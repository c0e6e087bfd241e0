"""The key layout: one place that knows how a scene, a version and a user become Redis keys (see docs/format.md).

No key holds a brace, so Redis Cluster hashes whole keys and the lists of a scene spread over all slots.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from urllib.parse import quote

from predawn.errors import InvalidId

FORMAT = 1
PREFIX = "predawn"
SCENES = f"{PREFIX}:scenes"
MAX_ID_BYTES = 1024
DAY_LENGTH = len("2017-12-01")

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}\.[0-9A-Za-z_-]{1,64}", re.ASCII)


def escape(text: str) -> str:
    """An id as it stands in a key: RFC 3986 unreserved characters stay, every other byte of its UTF-8 is %XX.

    Raises InvalidId when the id is empty, longer than MAX_ID_BYTES in UTF-8, or no text (a lone surrogate).
    """
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


def catalog(scene: str) -> str:
    """The hash with the scene's live version and the state of every kept one."""
    return f"{PREFIX}:{escape(scene)}:catalog"


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


@dataclass(frozen=True)
class VersionKeys:
    """The keys of one version of one scene."""

    scene: str
    version: str

    @property
    def _stem(self) -> str:
        return f"{PREFIX}:{escape(self.scene)}:{self.version}"

    @property
    def popular(self) -> str:
        return f"{self._stem}:popular"

    @property
    def manifest(self) -> str:
        return f"{self._stem}:manifest"

    def user(self, user: str) -> str:
        return self.user_stem + escape(user)

    @property
    def user_stem(self) -> str:
        """What precedes an escaped user id; a writer of a million keys builds it once."""
        return f"{self._stem}:u:"

    def users_chunk(self, number: int) -> str:
        """Chunk `number` (from 0) of the version's escaped user ids, so that it can be removed without SCAN."""
        return f"{self._stem}:users:{number}"

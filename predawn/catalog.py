"""What a place, a scene or a variant of one, has in Redis: one hash with the live version and the state of every
version that may have keys.

    live        the version that readers read; absent before the first publication
    sequence    a counter that orders publications and fences off an attempt that another one has overtaken
    <version>   "<state> <sequence> <time>": writing (begun, not live yet), ready (has been live), removing (being
                unlinked); the time of that, for people, in seconds since 1970

All of it is one key on purpose. A decision about the pointer reads the live version and the states, and a Lua script
may do that atomically over one key in Redis Cluster too, where two keys of a place live on different nodes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from predawn import keys
from predawn.connection import Client, text
from predawn.errors import NoPublication, OlderThanLive, PublishRefused, UnknownScene
from predawn.keys import Place

LIVE = "live"
SEQUENCE = "sequence"
WRITING, READY, REMOVING = "writing", "ready", "removing"

# Forward only: the first ten characters of a version are its data day, and ISO days order like strings.
_NEWER_IS_LIVE = """
local live = redis.call('HGET', KEYS[1], 'live')
if live and ARGV[2] ~= '1' and string.sub(live, 1, 10) > string.sub(ARGV[1], 1, 10) then return {'older', live} end
local entry = redis.call('HGET', KEYS[1], ARGV[1])
"""
# ARGV: version, 1 = even if older, 1 = write again even if ready, time.
# Answers: older/ready/writing, live version or entry.
_BEGIN = (
    _NEWER_IS_LIVE
    + """
if entry and string.sub(entry, 1, 6) == 'ready ' and ARGV[3] ~= '1' then return {'ready', entry} end
local mine = 'writing ' .. redis.call('HINCRBY', KEYS[1], 'sequence', 1) .. ' ' .. ARGV[4]
redis.call('HSET', KEYS[1], ARGV[1], mine)
return {'writing', mine}
"""
)
# ARGV: version, 1 = even if older, own entry, time. Answers: older/lost/live, live version before.
# A version that is live and ready already counts as flipped: the client may send the script twice after a lost answer.
_FLIP = (
    _NEWER_IS_LIVE
    + """
if not entry or (entry ~= ARGV[3] and string.sub(entry, 1, 6) ~= 'ready ') then return {'lost', entry or ''} end
local ready = 'ready ' .. redis.call('HINCRBY', KEYS[1], 'sequence', 1) .. ' ' .. ARGV[4]
redis.call('HSET', KEYS[1], ARGV[1], ready, 'live', ARGV[1])
return {'live', live or ''}
"""
)
# ARGV: version, expected entry or '' for none, new entry or '' to delete, 1 = even if live. Answers 1 when it swapped.
_SWAP = """
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[4] ~= '1' and redis.call('HGET', KEYS[1], 'live') == ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
"""
# ARGV: live version as the caller saw it, target, target's entry. Answers 1 when the pointer moved.
_ROLL_BACK = """
if redis.call('HGET', KEYS[1], 'live') ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[1], ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'live', ARGV[2])
return 1
"""


def _now() -> str:
    return str(int(time.time()))


@dataclass(frozen=True)
class Entry:
    """One version in the catalog. `stored` is the field as it stands in Redis, which compare-and-set steps need."""

    version: str
    stored: str

    @property
    def state(self) -> str:
        return self.stored.partition(" ")[0]

    @property
    def is_ready(self) -> bool:
        return self.state == READY

    @property
    def sequence(self) -> int:
        return self._number(1)

    @property
    def time(self) -> int | None:
        """When the version entered its state, in seconds since 1970; null when it isn't known."""
        return self._number(2) or None

    def _number(self, place: int) -> int:
        words = self.stored.split(" ")
        return int(words[place]) if len(words) > place and words[place].isdecimal() else 0

    @property
    def order(self) -> tuple[str, int]:
        """Data day first, then order of publication."""
        return keys.day_of(self.version), self.sequence


@dataclass(frozen=True)
class Catalog:
    """The catalog of one place; every method is one round trip. Redis errors pass through untranslated."""

    client: Client
    place: Place

    @property
    def key(self) -> str:
        return keys.catalog(self.place)

    def live(self) -> str | None:
        """The live version; null when nothing was ever published."""
        return text(self.client.hget(self.key, LIVE))

    def load(self) -> tuple[str | None, list[Entry]]:
        """The live version or null, and all entries, newest data day first."""
        return parse_catalog(self.client.hgetall(self.key))

    def begin(self, version: str, even_if_older: bool, again: bool = False) -> Entry:
        """Registers an attempt to write `version`, or answers its ready entry (unless `again`).

        Raises OlderThanLive when the live data day is newer; then nothing has been written.
        """
        word, value = self._answer(_BEGIN, version, even_if_older, again, _now())
        if word == "older":
            raise self._older(version, value)
        return Entry(version, value)

    def flip(self, mine: Entry, even_if_older: bool) -> str | None:
        """Makes a complete version live and answers the version that was live before, or null.

        Raises OlderThanLive when a newer data day went live meanwhile, PublishRefused when
        another attempt or a clean-up took over.
        """
        word, value = self._answer(_FLIP, mine.version, even_if_older, mine.stored, _now())
        if word == "older":
            raise self._older(mine.version, value)
        if word == "lost":
            raise self.overtaken(mine)
        return value or None

    def holds(self, entry: Entry) -> bool:
        """Whether the catalog still has this very entry; false when another attempt or a clean-up has taken over."""
        return text(self.client.hget(self.key, entry.version)) == entry.stored

    def swap(self, entry: Entry, state: str | None, even_if_live: bool = False) -> Entry | None:
        """Moves an entry to `state`, or deletes it (null); null when it has changed meanwhile or is live."""
        stored = f"{state} {entry.sequence} {_now()}" if state else ""
        swapped = self._run(_SWAP, entry.version, entry.stored, stored, even_if_live)
        return Entry(entry.version, stored) if swapped == 1 else None

    def roll_back(self, live: str, target: Entry) -> bool:
        """Moves the pointer from `live` to `target`; false when either has changed meanwhile."""
        return self._run(_ROLL_BACK, live, target.version, target.stored) == 1

    def _run(self, script: str, *arguments: str | bool) -> Any:
        sent = [int(argument) if isinstance(argument, bool) else argument for argument in arguments]
        return self.client.eval(script, 1, self.key, *sent)

    def _answer(self, script: str, *arguments: str | bool) -> tuple[str, str]:
        word, value = self._run(script, *arguments)
        return text(word) or "", text(value) or ""

    def overtaken(self, mine: Entry) -> PublishRefused:
        return PublishRefused(f"{self.place}: another publication overtook version {mine.version}: run one at a time.")

    def _older(self, version: str, live: str) -> OlderThanLive:
        return OlderThanLive(
            f"{self.place} is live with data day {keys.day_of(live)}, newer than version {version}: "
            "publish with make_live_if_older to go back on purpose, or use `predawn rollback`. If the live lists are "
            "another data set's, give one of the two a scene of its own."
        )


def parse_catalog(stored: Mapping[Any, Any]) -> tuple[str | None, list[Entry]]:
    """The live version or null, and all entries, newest data day first."""
    fields = {text(name) or "": text(value) or "" for name, value in stored.items()}
    live = fields.pop(LIVE, None)
    fields.pop(SEQUENCE, None)
    entries = [Entry(version, stored) for version, stored in fields.items()]
    return live, sorted(entries, key=lambda entry: entry.order, reverse=True)


def places(client: Client) -> list[Place]:
    """All published places, sorted; the default variant of a scene comes first."""
    found = [Place.parse(text(name) or "") for name in client.smembers(keys.SCENES)]
    return sorted(found, key=lambda place: (place.scene, place.variant or ""))


def the_only_scene(found: list[Place], at: str) -> str:
    """The one published scene. Raises NoPublication when there is none, UnknownScene when there are several."""
    names = sorted({place.scene for place in found})
    if not names:
        raise NoPublication(f"nothing is published at {at}: publish first, `make demo` does for a start.")
    if len(names) > 1:
        raise UnknownScene(f"{at} has the scenes {', '.join(map(repr, names))}: name one of them.")
    return names[0]


def not_published(found: list[Place], place: Place, at: str) -> NoPublication | UnknownScene:
    """The error for a place without a live version."""
    names = sorted({each.scene for each in found})
    if not names or place.scene in names:
        return NoPublication(f"{place} has no publication at {at}: publish it first.")
    return UnknownScene(f"no scene {place.scene!r} at {at}: name one of {', '.join(map(repr, names))}.")

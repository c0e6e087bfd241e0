"""Look-ups for people, in the manner of `predawn.lookup`: generators that yield commands and receive replies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from predawn import keys
from predawn.answers import Wish
from predawn.catalog import parse_catalog
from predawn.connection import Command, raw, text
from predawn.keys import Place, VersionKeys
from predawn.lookup import Flow, Lookups
from predawn.manifest import Manifest
from predawn.publication import KeptVersion, Status

SOME_USERS = 12


def details(lookups: Lookups, items: Sequence[str], wish: Wish) -> Flow[dict[str, Mapping[str, Any]]]:
    """What is stored of items, of those of which something is."""
    version, found = yield from lookups.find([(keys.FEATURES, item) for item in items], wish)
    stored = {item: version.read_features(found.get((keys.FEATURES, item))) for item in items}
    return {item: features for item, features in stored.items() if features is not None}


def history(lookups: Lookups, user: str, wish: Wish) -> Flow[list[Mapping[str, Any]]]:
    """What the user did lately; empty where nothing of ours is stored."""
    _, found = yield from lookups.find([(keys.HISTORY, user)], wish)
    try:
        stored = json.loads(found.get((keys.HISTORY, user)) or b"[]")
    except ValueError:
        return []
    return [each for each in stored if isinstance(each, dict)] if isinstance(stored, list) else []


def some_users(lookups: Lookups, wish: Wish) -> Flow[list[str]]:
    """The first users of the version's index, which names them in the order in which they were published."""
    version, _ = yield from lookups.find([], wish)
    commands: list[Command] = [("GET", version.keys.index(0))]
    [chunk] = yield commands
    product, _, names = (text(chunk) or "").partition(":")
    return [unquote(name) for name in names.split(",")[:SOME_USERS]] if product == keys.USER else []


def published() -> Flow[list[Status]]:
    """Every scene and variant with its versions, in three round trips."""
    [members] = yield [("SMEMBERS", keys.SCENES)]
    places = sorted((Place.parse(text(member) or "") for member in members or ()), key=lambda at: (at[0], at[1] or ""))
    catalogs: list[Command] = [("HGETALL", keys.catalog(place)) for place in places]
    stored = (yield catalogs) if catalogs else []
    listed = [(place, *parse_catalog(fields or {})) for place, fields in zip(places, stored, strict=True)]
    at = [VersionKeys(place, entry.version) for place, _, entries in listed for entry in entries]
    wanted: list[Command] = [("GET", key) for each in at for key in (each.popular, each.manifest)]
    replies = (yield wanted) if wanted else []
    manifests = {
        each: Manifest.from_json(raw(stated) or b"") if popular else None
        for each, popular, stated in zip(at, replies[::2], replies[1::2], strict=True)
    }
    statuses = []
    for place, live, entries in listed:
        versions = []
        for entry in entries:
            manifest = manifests[VersionKeys(place, entry.version)]
            state = "expired" if entry.is_ready and manifest is None else entry.state
            versions.append(KeptVersion(entry.version, state, entry.version == live, entry.time, manifest))
        statuses.append(Status(place.scene, place.variant, live, versions))
    return statuses

"""Query strings and bodies, checked; the same table describes the parameters in the OpenAPI document.

A wrong or unknown parameter is an error (a misspelt `exclude` would silently show what was to be hidden), except that
an `n` above MAX_N is read as MAX_N: a list has as many items as it has, and the answer is what a larger n would give.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from predawn.http.problems import BadParameter

DEFAULT_N = 10
MAX_N = 1000
MAX_IDS = 1000  # ids in one `exclude` or `recent`
MAX_USERS = 1000  # users of one batch
MAX_FIELDS = 2 * MAX_IDS + 20
MAX_BODY = 4 * 1024 * 1024  # a batch of MAX_USERS ids of 1 KB, and MAX_IDS to exclude
CACHED_QUERY = 64  # bytes; longer query strings are seldom the same twice
FLAGS = {"1": True, "true": True, "0": False, "false": False}
KINDS = ("similar", "together")


@dataclass(frozen=True, slots=True)
class Options:
    """What to read, all but the user. Null scene, variant, version: the default one, the live one."""

    n: int = DEFAULT_N
    scene: str | None = None
    variant: str | None = None
    version: str | None = None
    exclude: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    segment: str | None = None
    reasons: bool = False
    kind: str = "similar"
    id: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """schema: JSON Schema of one value; a repeated parameter takes several (`exclude=a&exclude=b`)."""

    doc: str
    schema: Mapping[str, Any]
    repeated: bool = False


_TEXT = {"type": "string", "minLength": 1}
PARAMETERS = {
    "n": Parameter(
        f"how many items at most, from 1; above {MAX_N} it counts as {MAX_N}",
        {"type": "integer", "minimum": 1, "default": DEFAULT_N},
    ),
    "scene": Parameter("default: the server's scene, else the only published one", _TEXT),
    "variant": Parameter(
        "a variant of the scene, as an experiment publishes it; default: the scene's own lists", _TEXT
    ),
    "version": Parameter("a kept version instead of the live one, as /v1/versions lists them", _TEXT),
    "exclude": Parameter("an item not to show; repeat it for more", _TEXT, repeated=True),
    "recent": Parameter(
        "an item that the user has just looked at, newest first: its similar items are blended in; repeat it for more",
        _TEXT,
        repeated=True,
    ),
    "segment": Parameter("attribute=value, for users without a list of their own", _TEXT),
    "reasons": Parameter("also score, channel and evidence of each place", {"type": "boolean", "default": False}),
    "id": Parameter("an item; repeat it for more", _TEXT, repeated=True),
    "kind": Parameter("similar items, or those that are taken together", {"type": "string", "enum": list(KINDS)}),
}


def options_of(query: bytes, names: tuple[str, ...]) -> Options:
    """The options in a query string, of which only `names` are allowed. Raises BadParameter, UnicodeDecodeError."""
    return _cached(query, names) if len(query) <= CACHED_QUERY else _parsed(query, names)


def _parsed(query: bytes, names: tuple[str, ...]) -> Options:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise
    except ValueError:
        raise BadParameter(f"more than {MAX_FIELDS} parameters: use POST /v1/batch, or name fewer items.") from None
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in names and PARAMETERS[name].repeated:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise BadParameter(f"{name} is given twice: give it once.")
        else:
            values[name] = value
    return options_from(values, names)


_cached = lru_cache(maxsize=1024)(_parsed)


def options_from(values: Mapping[str, Any], names: Iterable[str]) -> Options:
    """Options from names and values; values are text, or JSON values of the same meaning. Raises BadParameter."""
    known = tuple(names)
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise BadParameter(f"there is no parameter {name[:40]!r} here: use {', '.join(known)}.")
        checked[name] = _CHECKS.get(name, _text)(name, value)
    return Options(**checked)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise BadParameter(f"{name} is {_shown(value)}: give it a text, or leave it out.")
    return value


def _ids(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadParameter(f"{name} is {_shown(value)}: give a list of item ids.")
    if len(value) > MAX_IDS:
        raise BadParameter(f"{name} has {len(value)} items: give {MAX_IDS} at most.")
    return tuple(_text(name, item) for item in value)


def _count(name: str, value: Any) -> int:
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or not text.strip("0"):
        raise BadParameter(f"{name} is {_shown(value)}: ask for a whole number of items, 1 or more.")
    digits = text.lstrip("0")
    return MAX_N if len(digits) > len(str(MAX_N)) else min(int(digits), MAX_N)


def _flag(name: str, value: Any) -> bool:
    flag = value if isinstance(value, bool) else FLAGS.get(value) if isinstance(value, str) else None
    if flag is None:
        raise BadParameter(f"{name} is {_shown(value)}: write 1 or 0.")
    return flag


def _kind(name: str, value: Any) -> str:
    if value not in KINDS:
        raise BadParameter(f"{name} is {_shown(value)}: use {' or '.join(KINDS)}.")
    return str(value)


_CHECKS = {"n": _count, "exclude": _ids, "recent": _ids, "id": _ids, "reasons": _flag, "kind": _kind}


def _shown(value: Any) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 40 else shown[:40] + "..."


def batch_of(body: bytes, names: tuple[str, ...]) -> tuple[list[str], Options]:
    """The users and options of a batch: a JSON object with `users` and any of `names`. Raises BadParameter."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise BadParameter('the body is no JSON: send an object like {"users": ["1364"], "n": 20}.') from None
    if not isinstance(values, dict):
        raise BadParameter('the body is no JSON object: send one like {"users": ["1364"], "n": 20}.')
    users = values.pop("users", None)
    if not isinstance(users, list) or not users or not all(isinstance(user, str) for user in users):
        raise BadParameter("users is missing or no list of texts: give the users' ids as a JSON list of strings.")
    if len(users) > MAX_USERS:
        raise BadParameter(f"users has {len(users)} ids: send {MAX_USERS} at most.")
    return users, options_from(values, names)

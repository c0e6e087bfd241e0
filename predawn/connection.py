"""Talking to Redis through a client, and turning what it raises into sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeAlias

import redis
import redis.asyncio
from redis import exceptions
from redis.client import NEVER_DECODE

from predawn.errors import Unavailable
from predawn.target import DEFAULT_URL as DEFAULT_URL
from predawn.target import Target

# redis.Redis or redis.cluster.RedisCluster, with or without decode_responses. Their published types differ between the
# releases that setup.cfg allows, so naming one of them would make correct callers fail their own type check.
Client: TypeAlias = Any
Command: TypeAlias = tuple[str, ...]

_ACCESS = "mend REDIS_USERNAME, REDIS_PASSWORD or the URL"
_REFUSED = (
    (exceptions.OutOfMemoryError, "OOM", "is full", "raise maxmemory or keep fewer versions"),
    (exceptions.ReadOnlyError, "READONLY", "is a read-only replica", "give the address of the primary"),
    (
        exceptions.NoPermissionError,
        "NOPERM",
        "doesn't allow this user a command",
        "see docs/format.md, Users",
    ),
    (exceptions.AuthenticationError, "WRONGPASS", "refuses the user or password", _ACCESS),
    (exceptions.AuthorizationError, "NOAUTH", "refuses the user or password", _ACCESS),
    (exceptions.BusyLoadingError, "LOADING", "is still loading its data", "wait and try again"),
)


def connect(url: str | None = None) -> Client:
    """A client of the server at `url`, or of the default one; only a cluster is asked for its nodes at once.

    Raises ValueError when the URL is none of Redis, Unavailable when no node of a cluster answers.
    """
    target = Target.of(url)
    with answering(target.address):
        return target.client()


def address(client: Client) -> str:
    """The server's address without user and password, such as redis://127.0.0.1:6399/0."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        nodes = sorted(str(node.name) for node in client.get_nodes())
        return "redis+cluster://" + ",".join(nodes)
    if service := getattr(pool, "service_name", None):
        return f"redis+sentinel:///{service}"
    settings = pool.connection_kwargs
    if "path" in settings:
        return f"unix://{settings['path']}?db={settings.get('db') or 0}"
    secure = (redis.SSLConnection, redis.asyncio.SSLConnection)
    scheme = "rediss" if issubclass(pool.connection_class, secure) else "redis"
    return f"{scheme}://{settings.get('host', 'localhost')}:{settings.get('port', 6379)}/{settings.get('db') or 0}"


@contextmanager
def answering(at: Client | str) -> Iterator[None]:
    """Raises Unavailable for whatever the Redis client raises inside. at: the client, or an address."""
    try:
        yield
    except (exceptions.RedisError, exceptions.RedisClusterException) as error:
        where = at if isinstance(at, str) else address(at)
        reason = f"{type(error).__name__}: {error}".rstrip(". ")
        for kind, word, what, remedy in _REFUSED:
            # Redis 6 wraps what a script's command was answered with into an error of the script.
            if isinstance(error, kind) or f"-{word} " in reason:
                raise Unavailable(f"Redis at {where} {what} ({reason}): {remedy}.") from error
        if isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.RedisClusterException)):
            raise Unavailable(f"no Redis answers at {where} ({reason}): start it or set REDIS_URL.") from error
        raise Unavailable(f"Redis at {where} refused a command ({reason}): see its log.") from error


def is_full(error: exceptions.RedisError) -> bool:
    """Whether a command, or one within a script, was refused for lack of memory."""
    return isinstance(error, exceptions.OutOfMemoryError) or "OOM " in str(error)


def raw(value: bytes | str | None) -> bytes | None:
    """A stored value as bytes, whether or not the client decodes responses."""
    return value.encode() if isinstance(value, str) else value


def text(value: bytes | str | None) -> str | None:
    """A stored value of ours as text; foreign bytes become question marks rather than an error."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def is_cluster(client: Client) -> bool:
    return _is_cluster(type(client))  # type: ignore[arg-type]


@lru_cache  # the classes of clients are protocols, whose checks take microseconds
def _is_cluster(kind: type) -> bool:
    return issubclass(kind, (redis.RedisCluster, redis.asyncio.RedisCluster))


def send(client: Client, commands: Sequence[Command]) -> list[Any]:
    """The replies to single-key commands, in one round trip (per node), as bytes; executed in the order given."""
    if merged := _merged(client, commands):
        return list(client.execute_command(*merged, **{NEVER_DECODE: True}))
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command, **{NEVER_DECODE: True})
    return _values(pipeline.execute(raise_on_error=False))


async def send_async(client: Client, commands: Sequence[Command]) -> list[Any]:
    """`send` with a client of redis.asyncio."""
    if merged := _merged(client, commands):
        return list(await client.execute_command(*merged, **{NEVER_DECODE: True}))
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command, **{NEVER_DECODE: True})
    return _values(await pipeline.execute(raise_on_error=False))


def _merged(client: Client, commands: Sequence[Command]) -> Command | None:
    """One MGET in place of GETs; null where that isn't possible: over several slots it is an error in Redis Cluster."""
    if is_cluster(client) or any(command[0] != "GET" for command in commands):
        return None
    return ("MGET", *(command[1] for command in commands))


def _values(replies: Sequence[Any]) -> list[Any]:
    """A key of a foreign type counts as missing, as with MGET. Raises any other error."""
    values = []
    for reply in replies:
        if isinstance(reply, Exception) and not str(reply).startswith("WRONGTYPE"):
            raise reply
        values.append(None if isinstance(reply, Exception) else reply)
    return values


def fetch(client: Client, keys: Sequence[str]) -> list[bytes | None]:
    """(n,) keys -> (n,) values in one round trip per node, null where there is none; read in the order given."""
    return send(client, [("GET", key) for key in keys])


def count(client: Client, command: str, keys: Sequence[str]) -> int:
    """The sum of what `command` (EXISTS, UNLINK) answers over the keys."""
    if not keys:
        return 0
    if not is_cluster(client):
        return int(client.execute_command(command, *keys))
    # Redis Cluster refuses one command over several slots, and the client would send one per slot, in turn.
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.execute_command(command, key)
    return sum(pipeline.execute())

"""Connecting to Redis, and turning what the client raises into sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException
from redis.retry import Retry

from predawn.errors import Unavailable

# redis.Redis or redis.cluster.RedisCluster, with or without decode_responses. Their published types differ between the
# releases that setup.cfg allows, so naming one of them would make correct callers fail their own type check.
Client: TypeAlias = Any

DEFAULT_URL = "redis://127.0.0.1:6399/0"  # the private server of `make demo`
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
RETRIES = 1  # a pooled connection may have been closed by the server; anything more only delays the error


def default_url() -> str:
    """REDIS_URL, else the private server of `make demo`."""
    return os.environ.get("REDIS_URL") or DEFAULT_URL


def connect(url: str | None = None) -> Client:
    """A client of the server at `url`, or of the default one; nothing is sent yet.

    Raises ValueError when the URL is none of Redis.
    """
    target = url or default_url()
    try:
        return redis.Redis.from_url(
            target,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), RETRIES),
        )
    except ValueError:
        # Neither the URL nor the cause is shown: both may hold the password.
        raise ValueError(f"the Redis URL isn't valid: write it like {DEFAULT_URL} or rediss://host:6379/0.") from None


def address(client: Client) -> str:
    """The server's address without user and password, such as redis://127.0.0.1:6399/0."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        nodes = sorted(str(node.name) for node in client.get_nodes())
        return "redis cluster " + ",".join(nodes)
    settings = pool.connection_kwargs
    if "path" in settings:
        return f"unix://{settings['path']}?db={settings.get('db') or 0}"
    scheme = "rediss" if issubclass(pool.connection_class, redis.SSLConnection) else "redis"
    return f"{scheme}://{settings.get('host', 'localhost')}:{settings.get('port', 6379)}/{settings.get('db') or 0}"


@contextmanager
def answering(client: Client) -> Iterator[None]:
    """Raises Unavailable for whatever the Redis client raises inside."""
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(". ")
        raise Unavailable(f"no Redis answers at {address(client)} ({reason}): start it or set REDIS_URL.") from error
    except (redis.RedisError, RedisClusterException) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(". ")
        raise Unavailable(f"Redis at {address(client)} refused a command ({reason}): see its log.") from error


def raw(value: bytes | str | None) -> bytes | None:
    """A stored value as bytes, whether or not the client decodes responses."""
    return value.encode() if isinstance(value, str) else value


def text(value: bytes | str | None) -> str | None:
    """A stored value of ours as text; foreign bytes become question marks rather than an error."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def send(client: Client, commands: Sequence[tuple[str, ...]]) -> list[Any]:
    """The replies to single-key commands, in one round trip (per node); executed in the order given."""
    keys = [command[1] for command in commands if command[0] == "GET"]
    if len(keys) == len(commands) and not is_cluster(client):
        return list(client.mget(keys))
    # Single commands in a pipeline, since one MGET over several slots is an error in Redis Cluster.
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)
    return list(pipeline.execute())


def is_cluster(client: Client) -> bool:
    return isinstance(client, redis.RedisCluster)


def fetch(client: Client, keys: Sequence[str]) -> list[bytes | None]:
    """(n,) keys -> (n,) values in one round trip per node, null where there is none; read in the order given."""
    # Single GETs in a pipeline, since one MGET over several slots is an error in Redis Cluster.
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.get(key)
    return [raw(value) for value in pipeline.execute()]


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

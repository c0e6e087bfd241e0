"""Where Redis is and how to get in: from a URL and the environment to a client, synchronous or not.

    redis://[user:password@]host:port/db                 one server; rediss:// with TLS, unix:///path for a socket
    redis+cluster://[user:password@]host:port,host:port  a cluster, some of its nodes; rediss+cluster://
    redis+sentinel://[user:password@]host:port,host:port/service/db   what the sentinels call the primary of `service`

Options of the client may follow, such as `?ssl_ca_certs=/etc/redis/ca.pem`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.asyncio.sentinel
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

DEFAULT_URL = "redis://127.0.0.1:6399/0"  # the private server of `make demo`
EXAMPLES = (
    f"{DEFAULT_URL}, rediss://host:6379/0, redis+cluster://host:6379,host:6380 or redis+sentinel://host:26379/name"
)
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
RETRIES = 1  # a pooled connection may have been closed by the server; anything more only delays the error
SERVICE = "mymaster"  # what Redis' own examples call the primary
# Secrets and files that had better not stand in a URL. TLS ones count for rediss:// only.
_ACCESS = {"REDIS_USERNAME": "username", "REDIS_PASSWORD": "password"}
_TLS = {"REDIS_CA_FILE": "ssl_ca_certs", "REDIS_CERT_FILE": "ssl_certfile", "REDIS_KEY_FILE": "ssl_keyfile"}
_SENTINEL_ACCESS = {"REDIS_SENTINEL_USERNAME": "username", "REDIS_SENTINEL_PASSWORD": "password"}


@dataclass(frozen=True)
class Target:
    """kind: single, cluster or sentinel; nodes: (host, port) of those to ask first; options: of a connection."""

    kind: str
    address: str
    url: str = field(repr=False)
    nodes: tuple[tuple[str, int], ...] = ()
    service: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    sentinel_options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(url: str | None = None, environment: Mapping[str, str] = os.environ) -> Target:
        """url: default REDIS_URL, else REDIS_SENTINELS (host:port,...) with REDIS_SENTINEL_SERVICE, else DEFAULT_URL.

        Raises ValueError when it is none of Redis, without showing it, as it may hold the password.
        """
        stated = url or _default_url(environment)
        scheme, _, rest = stated.partition("://")
        plain, _, kind = scheme.partition("+")
        found = {option: environment[name] for name, option in _ACCESS.items() if environment.get(name)}
        if plain == "rediss":
            found |= {option: environment[name] for name, option in _TLS.items() if environment.get(name)}
        try:
            if not kind:
                options = {name: value for name, value in found.items() if name not in parse_url(stated)}
                return Target("single", _single_address(stated), stated, options=options)
            if plain not in ("redis", "rediss") or kind not in ("cluster", "sentinel"):
                raise ValueError(scheme)
            return _many(plain, kind, rest, found, environment)
        except ValueError:
            raise ValueError(f"the Redis URL isn't valid: write it like {EXAMPLES}.") from None

    def client(self, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> Any:
        """A client; nothing is sent yet, but a cluster is asked for its nodes at once and may raise RedisError."""
        timeouts = {"socket_connect_timeout": connect_seconds, "socket_timeout": answer_seconds}
        options = {**timeouts, "retry": Retry(NoBackoff(), RETRIES), **self.options}
        if self.kind == "single":
            return redis.Redis.from_url(self.url, **options)
        if self.kind == "cluster":
            nodes = [redis.cluster.ClusterNode(host, port) for host, port in self.nodes]
            return redis.RedisCluster(startup_nodes=nodes, **options)
        sentinels = Sentinel(self.nodes, sentinel_kwargs={**timeouts, **self.sentinel_options}, **options)
        return sentinels.master_for(self.service)

    def async_client(self, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> Any:
        """The same for asyncio; nothing is sent before the first command."""
        timeouts = {"socket_connect_timeout": connect_seconds, "socket_timeout": answer_seconds}
        retry = redis.asyncio.retry.Retry(NoBackoff(), RETRIES)
        options = {**timeouts, "retry": retry, **self.options}
        if self.kind == "single":
            return redis.asyncio.Redis.from_url(self.url, **options)
        if self.kind == "cluster":
            nodes = [redis.asyncio.cluster.ClusterNode(host, port) for host, port in self.nodes]
            return redis.asyncio.RedisCluster(startup_nodes=nodes, **options)
        sentinel_options = {**timeouts, **self.sentinel_options}
        sentinels = redis.asyncio.sentinel.Sentinel(self.nodes, sentinel_kwargs=sentinel_options, **options)
        return sentinels.master_for(self.service)


def _default_url(environment: Mapping[str, str]) -> str:
    url, sentinels = environment.get("REDIS_URL"), environment.get("REDIS_SENTINELS")
    if url and sentinels:
        raise ValueError("both REDIS_URL and REDIS_SENTINELS are set: unset one of them.")
    if sentinels:
        return f"redis+sentinel://{sentinels}/{environment.get('REDIS_SENTINEL_SERVICE') or SERVICE}"
    return url or DEFAULT_URL


def _single_address(url: str) -> str:
    """The URL without user, password and options."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={parse_url(url).get('db', 0)}"
    return f"{parts.scheme}://{parts.hostname or 'localhost'}:{parts.port or 6379}/{parse_url(url).get('db', 0)}"


def _many(scheme: str, kind: str, rest: str, found: dict[str, Any], environment: Mapping[str, str]) -> Target:
    locator, _, query = rest.partition("?")
    access, _, locator = locator.rpartition("@")
    hosts, _, path = locator.partition("/")
    nodes = tuple(_node(host, 26379 if kind == "sentinel" else 6379) for host in hosts.split(","))
    # The client's own reader of URLs knows the types of all options.
    options = {**found, **parse_url(f"redis://x?{query}")}
    options.pop("host", None)
    user, _, password = access.partition(":")
    options |= {name: unquote(value) for name, value in (("username", user), ("password", password)) if value}
    shown = ",".join(f"{host}:{port}" for host, port in nodes)
    if scheme == "rediss":
        options["ssl"] = True
    if kind == "cluster":
        return Target(kind, f"{scheme}+cluster://{shown}", "", nodes, options=options)
    service, _, db = path.partition("/")
    if db:
        options["db"] = int(db)
    inside = {option: environment[name] for name, option in _SENTINEL_ACCESS.items() if environment.get(name)}
    inside |= {name: value for name, value in options.items() if name.startswith("ssl")}
    service = unquote(service) or SERVICE
    return Target(kind, f"{scheme}+sentinel://{shown}/{service}", "", nodes, service, options, inside)


def _node(host: str, default_port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError("a node without a host")
    return parts.hostname, parts.port or default_port

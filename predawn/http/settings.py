"""What `predawn serve` is told, checked once at the start."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8399
MAX_AGE_DAYS = 2.0
MIN_KEY_LENGTH = 16


@dataclass(frozen=True)
class ServeSettings:
    """scene: what a request without one reads; null = the only published scene. max_age_days: lists whose data day
    ended longer ago make the server unready. keys: any of them opens /v1 and /metrics; none = open to all. rate:
    requests a second and client, 0 = no limit; burst: requests that a client may send at once. root_path: the prefix
    that a proxy in front takes off, "" = none. Raises ValueError."""

    scene: str | None = None
    max_age_days: float = MAX_AGE_DAYS
    keys: tuple[str, ...] = field(default=(), repr=False)
    rate: float = 0.0
    burst: int = 0
    root_path: str = ""

    def __post_init__(self) -> None:
        if not self.max_age_days > 0:
            raise ValueError(f"max-age-days is {self.max_age_days}: state a number of days above 0.")
        if not 0 <= self.rate < float("inf"):
            raise ValueError(f"rate is {self.rate}: state requests a second, 0 for no limit.")
        if self.burst < 0:
            raise ValueError(f"burst is {self.burst}: state how many requests may come at once.")
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise ValueError(f"root-path is {self.root_path!r}: write it like /recommendations.")

    @property
    def capacity(self) -> float:
        """Requests that a client may send at once: `burst`, else those of one second, at least 1."""
        return float(self.burst) or max(self.rate, 1.0)


def keys_from(environment: Mapping[str, str], name: str | None) -> tuple[str, ...]:
    """The keys in variable `name`, separated by spaces or commas (several, so that a key can be replaced in peace).

    Raises ValueError when the variable is missing or empty, so that a typo doesn't open the server, or a key is short.
    """
    if name is None:
        return ()
    keys = tuple(environment.get(name, "").replace(",", " ").split())
    if not keys:
        raise ValueError(f"the environment has no API key in {name}: set it, or leave --api-key-env out.")
    if any(len(key) < MIN_KEY_LENGTH or not key.isascii() or not key.isprintable() for key in keys):
        raise ValueError(f"an API key in {name} isn't {MIN_KEY_LENGTH} or more ASCII characters: choose a longer one.")
    return keys


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

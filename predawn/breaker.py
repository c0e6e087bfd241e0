"""A circuit breaker: when Redis has failed several times in a row, it is left alone for a while, and so are requests.

Closed: every request goes out. Open, after FAILURES failures in a row: none does, for OPEN_SECONDS. Half open, after
that: one request goes out as a probe while the others still don't; its success closes the breaker, its failure opens
it for another while. Threads may share one; at worst a second probe slips through.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from predawn.errors import Unavailable

FAILURES = 5
OPEN_SECONDS = 2.0


@dataclass
class Breaker:
    failures: int = FAILURES
    open_seconds: float = OPEN_SECONDS
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _closed_until: float = 0.0  # when open: the time of the next probe

    @property
    def is_open(self) -> bool:
        return self._failed >= self.failures

    def enter(self, address: str) -> None:
        """Raises Unavailable instead of letting a request go out."""
        if not self.is_open:
            return
        now = self.clock()
        if now < self._closed_until:
            raise Unavailable(f"Redis at {address} has failed {self._failed} times in a row: it is left alone for now.")
        self._closed_until = now + self.open_seconds

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self) -> None:
        self._failed += 1
        if self.is_open:
            self._closed_until = self.clock() + self.open_seconds

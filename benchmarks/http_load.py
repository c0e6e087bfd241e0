"""Load on an HTTP server: keep-alive connections of one process, with raw requests and a minimal reading of answers.

    python -m benchmarks.http_load --port 8399 --paths FILE --seconds 5 [--connections 16] [--rate 3000] [--core 1]

Without --rate each connection sends its next request when the answer has come (what the server can do at most). With it
requests fall due at random moments, so many a second on average, whether or not the server keeps up, and a request's
time counts from when it was due; waiting for a free connection counts too. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from collections import deque
from itertools import cycle
from pathlib import Path
from typing import cast

import uvloop

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "
WARM_UP_SECONDS = 1.0
DRAIN_SECONDS = 10.0
SEED = 20
MILLI = 1000.0


class Run:
    """One measurement: which requests come next, and how long each has taken."""

    def __init__(self, requests: list[bytes], seconds: float, rate: float | None) -> None:
        self._requests = cycle(requests)
        self._random = random.Random(SEED)
        self._rate = rate
        self.began = time.perf_counter() + WARM_UP_SECONDS
        self.ends = self.began + seconds
        self.times: list[float] = []
        self.failures = 0
        self.answered = 0
        self.idle: list[Connection] = []
        self.due: deque[float] = deque()

    def closed(self) -> bool:
        return self._rate is None

    def next_request(self) -> bytes:
        return next(self._requests)

    def done(self, connection: Connection, due: float, status: int) -> None:
        """One answer is whole; `due` is when its request should have been sent."""
        now = time.perf_counter()
        self.answered += 1
        if due >= self.began and due < self.ends:
            self.times.append(now - due)
            self.failures += status != 200
        if self.due:  # what has fallen due is sent, however late
            connection.send(self.due.popleft())
        elif now >= self.ends:
            connection.close()
        elif self.closed():
            connection.send(now)
        else:
            self.idle.append(connection)

    async def pace(self) -> None:
        """Lets requests fall due; exponential gaps, as of many clients that know nothing of each other."""
        assert self._rate
        due = time.perf_counter()
        while due < self.ends:
            due += self._random.expovariate(self._rate)
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if self.idle:
                self.idle.pop().send(due)
            else:
                self.due.append(due)


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._buffer = b""
        self._due = 0.0
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type
        if self._run.closed():
            self.send(time.perf_counter())
        else:
            self._run.idle.append(self)

    def send(self, due: float) -> None:
        assert self._transport
        self._due = due
        self._transport.write(self._run.next_request())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(END_OF_HEAD)
        if not found:
            return
        at = head.lower().index(LENGTH) + len(LENGTH)
        if len(body) < int(head[at:].split(b"\r\n", 1)[0]):
            return
        self._buffer = b""
        self._run.done(self, self._due, int(head[9:12]))

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if error:
            self._run.failures += 1
        if not self.lost.done():
            self.lost.set_result(None)


async def measure(port: int, requests: list[bytes], seconds: float, connections: int, rate: float | None) -> Run:
    loop = asyncio.get_running_loop()
    run = Run(requests, seconds, rate)
    opened = [(await loop.create_connection(lambda: Connection(run), "127.0.0.1", port))[1] for _ in range(connections)]
    if rate:
        await run.pace()
    for connection in run.idle:
        connection.close()
    await asyncio.wait([each.lost for each in opened], timeout=seconds + WARM_UP_SECONDS + DRAIN_SECONDS)
    run.failures += len(run.due)
    return run


def summary(run: Run, seconds: float) -> dict[str, float]:
    cuts = statistics.quantiles(run.times, n=1000)
    return {
        "requests_per_second": round(len(run.times) / seconds, 1),
        "p50_ms": round(cuts[499] * MILLI, 2),
        "p99_ms": round(cuts[989] * MILLI, 2),
        "p999_ms": round(cuts[998] * MILLI, 2),
        "failures": run.failures,
        "answered": run.answered,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="HTTP load over keep-alive connections.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--paths", type=Path, required=True, help="a file with one path a line")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--core", type=int, help="the core to run on")
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    lines = given.paths.read_text().splitlines()
    requests = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{given.port}\r\n\r\n".encode("ascii") for path in lines]
    run = uvloop.run(measure(given.port, requests, given.seconds, given.connections, given.rate))
    print(json.dumps(summary(run, given.seconds)))


if __name__ == "__main__":
    main()

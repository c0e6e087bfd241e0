"""A Redis server of a benchmark's own, and redis-benchmark beside it."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from examples.local_redis import HOST, start, stop

PEER = "redis-benchmark"
ANSWER_SECONDS = 60.0


@contextmanager
def private_redis() -> Iterator[redis.Redis]:
    """A client of a server on a free port, which ends with the block."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        try:
            with redis.Redis.from_url(start(port, Path(folder)), socket_timeout=ANSWER_SECONDS) as client:
                yield client
        finally:
            stop(port, Path(folder), keep_lists=False)


def require_peer() -> None:
    """Ends the benchmark, with what to install, when redis-benchmark isn't there."""
    if not shutil.which(PEER):
        sys.exit(f"{PEER} is missing: install it (Debian: apt-get install redis-tools; else it comes with Redis).")


def peer_per_second(client: redis.Redis, count: int, *arguments: str) -> float:
    """Commands per second of redis-benchmark -P 64, which sends `count` of them."""
    port = str(client.connection_pool.connection_kwargs["port"])
    command = [PEER, "-h", HOST, "-p", port, "-P", "64", "-n", str(count), "--csv", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(list(csv.DictReader(done.stdout.splitlines()))[-1]["rps"])


def empty(client: redis.Redis) -> None:
    """Removes all keys, and waits until their memory is free."""
    client.flushall(asynchronous=True)
    while int(client.info("memory")["lazyfree_pending_objects"]):
        time.sleep(0.05)


def used_bytes(client: redis.Redis) -> int:
    return int(client.info("memory")["used_memory"])


def server_seconds(client: redis.Redis) -> float:
    """Processor time that the server has used."""
    cpu = client.info("cpu")
    return float(cpu["used_cpu_sys"] + cpu["used_cpu_user"])


def load() -> float:
    """How busy the machine was in the last minute: runnable processes."""
    return round(os.getloadavg()[0], 2)

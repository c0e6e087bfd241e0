"""One HTTP worker of `predawn serve`, beside a textbook endpoint, on the same lists in one run.

    python -m benchmarks.bench_http [--users 50000] [--seconds 5] [--rounds 2]

Each server gets the first core to itself; load and Redis share the last one. A round measures each side closed-loop (16
connections, each sends when its answer has come) and paced (3,000 requests a second at random moments, timed from when
they were due). The rounds alternate and the best of each side counts. `requests_per_core_second` is what the server's
own processor time allows, whatever else the machine does. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from examples.local_redis import start, stop
from predawn import Products, Publisher
from tests.redis_fixture import free_port

SCENE, VERSION, DAY = "bench", "2026-01-01.a", "2026-01-01"
ITEMS, LENGTH, N = 20_000, 100, 20
CONNECTIONS, RATE = 16, 3000
PATHS = 20_000
SEED = 20
READY_SECONDS = 30
SERVER_CORE, LOAD_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
PEER, OURS = "textbook", "predawn_serve"


def publish(url: str, users: int) -> None:
    """Lists of random items; popular items occur more often, as they do."""
    draw = random.Random(SEED)
    items = [str(1_000_000 + number) for number in range(ITEMS)]

    def ranked() -> list[str]:
        return list(dict.fromkeys(items[int(ITEMS * draw.random() ** 3)] for _ in range(LENGTH * 2)))[:LENGTH]

    products = Products(lists=((str(user), ranked()) for user in range(users)), popular=items[:LENGTH], items=items)
    with redis.Redis.from_url(url) as client:
        Publisher(client, SCENE).publish(DAY, VERSION, products)


@contextmanager
def served(side: str, url: str) -> Iterator[tuple[int, int]]:
    """Process id and port of a server that answers."""
    port = free_port()
    if side == OURS:
        serve = [sys.executable, "-m", "predawn", "serve", "--url", url, "--port", str(port)]
        command = ["taskset", "-c", str(SERVER_CORE), *serve]
    else:
        command = [
            sys.executable,
            "-m",
            "benchmarks.textbook_endpoint",
            str(SERVER_CORE),
            str(port),
            url,
            SCENE,
            VERSION,
        ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + READY_SECONDS
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{side} doesn't come up: run {' '.join(command)} to see why.")
                time.sleep(0.1)
            yield process.pid, port
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/users/1?n={N}", timeout=2) as answer:
            return len(json.load(answer)["items"]) == N
    except OSError:
        return False


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port: int, paths: Path, seconds: float, rate: int | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.http_load", "--port", str(port), "--paths", str(paths)]
    command += ["--seconds", str(seconds), "--connections", str(CONNECTIONS), "--core", str(LOAD_CORE)]
    command += ["--rate", str(rate)] if rate else []
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(side: str, url: str, paths: Path, seconds: float) -> dict[str, Any]:
    with served(side, url) as (process, port):
        before = cpu_seconds(process)
        closed = load(port, paths, seconds, None)
        used = cpu_seconds(process) - before
        paced = load(port, paths, seconds, RATE)
    return {
        **closed,
        "requests_per_core_second": round(closed["answered"] / used, 1),
        **{f"paced_{name}": value for name, value in paced.items() if name != "answered"},
    }


def better(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """The best figure of each kind; failures add up."""
    if one is None:
        return other
    best: dict[str, Any] = {}
    for name, value in other.items():
        pick = sum if name.endswith("failures") else min if name.endswith("_ms") else max
        best[name] = pick((one[name], value))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description="One HTTP worker, beside a textbook endpoint.")
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    print(f"load average before: {' '.join(f'{each:.2f}' for each in os.getloadavg())}")
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        url = start(port, folder)
        try:
            with redis.Redis.from_url(url) as client:
                os.sched_setaffinity(int(client.info("server")["process_id"]), {LOAD_CORE})
            publish(url, given.users)
            draw = random.Random(SEED)
            paths = folder / "paths"
            paths.write_text("\n".join(f"/v1/users/{draw.randrange(given.users)}?n={N}" for _ in range(PATHS)))
            results: dict[str, dict[str, Any]] = {}
            for _ in range(given.rounds):
                for side in (OURS, PEER):
                    results[side] = better(results.get(side), measure(side, url, paths, given.seconds))
        finally:
            stop(port, folder, keep_lists=False)
    for side, result in results.items():
        print(
            f"{side:14} {result['requests_per_second']:8,.0f} requests/s (p99 {result['p99_ms']:.1f} ms), "
            f"{result['requests_per_core_second']:,.0f} a core second; at {RATE:,}/s "
            f"p50 {result['paced_p50_ms']:.1f} ms, p99 {result['paced_p99_ms']:.1f} ms"
        )
    print(json.dumps({"users": given.users, "n": N, "connections": CONNECTIONS, **results}))


if __name__ == "__main__":
    main()

"""Publishing and reading, each beside what Redis can do at best, on the same server in the same run.

Run: python -m benchmarks.bench_serve (some two minutes). Needs redis-benchmark, which comes with Redis.

publishing   A million users' lists of 100 items, as a night has them (item codes in Arrow), encoded, written, read
             back, sealed and flipped, against `redis-benchmark -t set -P 64` with values of the same size: on its one
             key, which stays in the processor's cache; on random keys of a million; and with the very commands of a
             publication, SETEX of a new key each time.
reading      Reader.top against a raw pipeline of GET pointer and GET list, with the same client, in turn.
flips        1,000 flips and 1,000 roll-backs while another process reads and checks every answer.

The last line is JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from queue import Empty
from typing import Any

import numpy as np
import pyarrow as pa
import redis

from benchmarks.private_redis import (
    empty,
    load,
    peer_per_second,
    private_redis,
    require_peer,
    server_seconds,
    used_bytes,
)
from jobs.coded_lists import ItemOrder
from predawn import Products, Publisher, Reader
from predawn.catalog import Catalog
from predawn.keys import Place

USERS, ITEMS, CATALOGUE, BATCH = 1_000_000, 100, 20_000, 50_000
PEER_SETS, PEER_SECONDS = 1_000_000, 1_296_000
PEER_KEY = "predawn:groceries:2017-12-01.1a2b3c4d:u:__rand_int__"
ROUNDS = 2
LOOKUPS, WARM_UP = 20_000, 500
FLIPS, FLIP_USERS = 1_000, 200
SCENE, SEED = "groceries", 1


def batches() -> Iterator[pa.RecordBatch]:
    """The table of lists as a night leaves it, made anew each time from the seed."""
    random = np.random.default_rng(SEED)
    ids = pa.array([str(1_000_000 + number) for number in range(CATALOGUE)])
    for first in range(0, USERS, BATCH):
        codes = pa.array((random.random(BATCH * ITEMS) ** 3 * CATALOGUE).astype(np.int32))
        offsets = pa.array(np.arange(0, BATCH * ITEMS + 1, ITEMS, dtype=np.int32))
        yield pa.record_batch(
            {
                "user_id": pa.array([f"{number:07d}" for number in range(first, first + BATCH)]),
                "item_codes": pa.ListArray.from_arrays(offsets, codes),
                "item_ids": pa.ListArray.from_arrays(offsets, ids.take(codes)),
            }
        )


@dataclass
class Race:
    """Per second of the clock, the best round; and processor microseconds of the server, the least of the rounds."""

    client: redis.Redis
    rates: dict[str, float] = field(default_factory=dict)
    server_us: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def runs(self, name: str, count: int) -> Iterator[None]:
        busy, start = server_seconds(self.client), time.perf_counter()
        yield
        self.rates[name] = max(self.rates.get(name, 0.0), count / (time.perf_counter() - start))
        used = (server_seconds(self.client) - busy) / count * 1e6
        self.server_us[name] = min(self.server_us.get(name, used), used)


def publishing(client: redis.Redis) -> dict[str, Any]:
    order = ItemOrder(batches())
    night = [batch.drop_columns(["item_ids"]) for batch in batches()]
    race, found, peers = Race(client), dict[str, Any](), dict[str, tuple[str, ...]]()
    for number in range(ROUNDS):
        publisher, version = Publisher(client, SCENE), f"2017-12-01.{number}"
        products = Products(order.coded(night, "user_id"), order.ids[:ITEMS], items=order.ids, expected=USERS)
        empty(client)
        before = used_bytes(client)
        with race.runs("publish", USERS):
            done = publisher.publish("2017-12-01", version, products)
        found["bytes_a_user"] = round((used_bytes(client) - before) / USERS, 1)
        found["estimated_bytes_a_user"] = round(done.memory_bytes / USERS, 1)
        found["value_bytes"] = client.strlen(f"predawn:{SCENE}:{version}:u:0000007")
        size = found["value_bytes"]
        peers = {
            "one_key": ("-t", "set", "-d", str(size)),
            "random_keys": ("-t", "set", "-d", str(size), "-r", str(USERS)),
            # Out of so many keys, hardly one is drawn twice.
            "same_commands": ("-r", "2000000000", "SETEX", PEER_KEY, str(PEER_SECONDS), "x" * size),
        }
        for name, arguments in peers.items():
            empty(client)
            with race.runs(name, PEER_SETS):
                rate = peer_per_second(client, PEER_SETS, *arguments)
            race.rates[name] = max(race.rates[name], rate)  # its own clock leaves its start out
    empty(client)
    first = next(batches())
    pairs = list(zip(first["user_id"].to_pylist(), first["item_ids"].to_pylist(), strict=True))
    with race.runs("publish_from_ids", len(pairs)):
        products = Products(pairs, order.ids[:ITEMS], items=order.ids)
        Publisher(client, SCENE).publish("2017-12-01", "2017-12-01.ids", products)
    return {
        "lists_per_s": {name: round(rate) for name, rate in race.rates.items()},
        "server_us_a_list": {name: round(used, 2) for name, used in race.server_us.items()},
        **{f"publish_of_{name}": round(race.rates["publish"] / race.rates[name], 3) for name in peers},
        **found,
    }


def reading(client: redis.Redis) -> dict[str, Any]:
    users = 10_000
    ids = [str(1_000_000 + number) for number in range(CATALOGUE)]
    lists = [(str(user), [ids[(user * 7 + place) % CATALOGUE] for place in range(ITEMS)]) for user in range(users)]
    done = Publisher(client, "reading").publish("2017-12-01", "2017-12-01.a", Products(lists, lists[0][1]))
    client.set("pointer", done.version)
    stem = f"predawn:reading:{done.version}:u:"
    random = np.random.default_rng(SEED)
    remembering, asking = (Reader(client=client, scene="reading", pointer_seconds=seconds) for seconds in (5.0, 0.0))

    def raw(user: str) -> object:
        pipeline = client.pipeline(transaction=False)
        pipeline.get("pointer")
        pipeline.get(stem + user)
        return pipeline.execute()

    sides: dict[str, Callable[[str], object]] = {"raw": raw, "top": remembering.top, "top_asking_each_time": asking.top}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number, user in enumerate(random.integers(0, users, LOOKUPS)):
        for name, look_up in sides.items():
            start = time.perf_counter()
            look_up(str(user))
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - start) * 1e6)
    start = time.perf_counter()
    many = [str(user) for user in range(1000)]
    for _ in range(20):
        remembering.top_many(many)
    found: dict[str, Any] = {"top_many_users_per_s": round(20_000 / (time.perf_counter() - start))}
    for name, each in times.items():
        cuts = statistics.quantiles(each, n=1000)
        found[name] = {"p50_us": round(cuts[499], 1), "p99_us": round(cuts[989], 1)}
    found["p99_of_raw"] = round(found["top"]["p99_us"] / found["raw"]["p99_us"], 2)
    return found


def lists_of(version: str) -> list[tuple[str, list[str]]]:
    return [(str(user), [f"{version}-{user}-{place}" for place in range(10)]) for user in range(FLIP_USERS)]


def watch(port: int, stop: Event, results: Any) -> None:
    """Reads until told to stop, and counts what must not be."""
    reader = Reader(f"redis://127.0.0.1:{port}/0", "flips", pointer_seconds=0)
    counts = {"answers": 0, "errors": 0, "empty": 0, "mixed": 0, "changes": 0}
    last = ""
    while not stop.is_set():
        for user in ("3", "nobody", str(FLIP_USERS - 1)):
            try:
                answer = reader.top(user)
            except Exception:
                counts["errors"] += 1
                continue
            tier = "popular" if user == "nobody" else "user"
            counts["answers"] += 1
            counts["empty"] += not answer.items
            whole = all(item.startswith(f"{answer.version}-") for item in answer.items)
            counts["mixed"] += answer.tier != tier or not whole
            counts["changes"] += answer.version != last
            last = answer.version or ""
    results.put(counts)


def flips(client: redis.Redis) -> dict[str, Any]:
    publisher, catalog = Publisher(client, "flips"), Catalog(client, Place("flips"))
    versions = [f"2017-12-0{day}.a" for day in (1, 2)]
    for version in versions:
        popular = [f"{version}-popular-{place}" for place in range(10)]
        publisher.publish(version[:10], version, Products(lists_of(version), popular))
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    port = client.connection_pool.connection_kwargs["port"]
    reading = context.Process(target=watch, args=(port, stop, results))
    reading.start()
    time.sleep(2)
    back, forward = [], []
    for _ in range(FLIPS):
        start = time.perf_counter()
        publisher.rollback(versions[0])
        back.append((time.perf_counter() - start) * 1e3)
        start = time.perf_counter()
        _, entries = catalog.load()
        catalog.flip(next(entry for entry in entries if entry.version == versions[1]), even_if_older=False)
        forward.append((time.perf_counter() - start) * 1e3)
    stop.set()
    try:
        counts = results.get(timeout=30)
    except Empty:
        raise SystemExit("the reading process gave no answer.") from None
    reading.join()
    found: dict[str, Any] = {"flips_and_rollbacks": 2 * FLIPS, **counts}
    for name, each in (("rollback", back), ("flip", forward)):
        found[f"{name}_p50_ms"] = round(statistics.median(each), 2)
        found[f"{name}_max_ms"] = round(max(each), 2)
    return found


def main() -> None:
    require_peer()
    record: dict[str, Any] = {"benchmark": "serve", "load": load()}
    with private_redis() as client:
        for name, part in (("reading", reading), ("flips", flips), ("publishing", publishing)):
            record[name] = part(client)
            print(f"{name}:")
            for key, value in record[name].items():
                print(f"  {key:<28} {value}")
    record["load_at_end"] = load()
    print(json.dumps(record))


if __name__ == "__main__":
    main()

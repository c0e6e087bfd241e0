"""What a user's list costs in Redis in one encoding and another: bytes with key and life time, writing, reading.

Run: python -m benchmarks.bench_encoding. Lists of 100 items with ids of 7 digits, from a catalogue of 5,000 items, some
of which are listed far more often than others, and from 100,000 items that are listed equally often. All encodings are
written with the same client, pipelines of 500 lists, into one server in turn; decoding is timed alone, in Python. The
last line is JSON.
"""

from __future__ import annotations

import json
import string
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import redis

from benchmarks.private_redis import empty, load, private_redis, used_bytes
from predawn.codec import codes
from predawn.connection import text

USERS, ITEMS, PIPELINE, DECODED = 12_000, 100, 500, 2_000
TTL_SECONDS = 15 * 86_400
STEM = "predawn:groceries:2017-12-01.1a2b3c4d:u:"
DIGITS_36 = string.digits + string.ascii_lowercase
SEED = 1


@dataclass(frozen=True)
class Encoding:
    """write: queues the commands for one key; read: the first n ids of what `command` answers."""

    write: Callable[[Any, str, list[int]], object]
    read: Callable[[Any, int], list[str]]
    mget: bool = True


def catalogues() -> dict[str, np.ndarray]:
    """Name -> (users, items) item numbers, the most listed ones smallest."""
    random = np.random.default_rng(SEED)
    skewed = (random.random((USERS, ITEMS)) ** 3 * 5_000).astype(np.int64)
    return {"5,000 items, skewed": skewed, "100,000 items, even": random.integers(0, 100_000, (USERS, ITEMS))}


def base_36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = DIGITS_36[digit] + digits
    return digits


def encodings(count: int) -> dict[str, Encoding]:
    """All ways to store a list of item numbers below `count`, whose ids have seven digits."""
    ids = [str(1_000_000 + number) for number in range(count)]
    texts = codes(count)[:count]
    short = [base_36(number) for number in range(count)]
    width = max(map(len, texts))
    fixed = [text.rjust(width, "0") for text in texts]

    def joined(names: list[str]) -> Encoding:
        table = dict(zip(names, ids, strict=True))
        return Encoding(
            lambda pipeline, key, items: pipeline.set(key, ",".join([names[i] for i in items]), ex=TTL_SECONDS),
            lambda value, n: [table[name] for name in value.decode("ascii").split(",")[:n]],
        )

    table = dict(zip(fixed, ids, strict=True))

    def split(value: bytes, n: int) -> list[str]:
        text = value.decode("ascii")
        return [table[text[at : at + width]] for at in range(0, n * width, width)]

    def several(command: str) -> Callable[[Any, str, list[int]], object]:
        def write(pipeline: Any, key: str, items: list[int]) -> object:
            if command == "rpush":
                pipeline.rpush(key, *[ids[i] for i in items])
            else:
                pipeline.zadd(key, {ids[i]: -rank for rank, i in enumerate(items)})
            return pipeline.expire(key, TTL_SECONDS)

        return write

    def members(value: list[bytes], n: int) -> list[str]:
        return [each.decode() for each in value[:n]]

    return {
        "base-62 codes, commas": joined(texts),
        "base-62 codes, fixed width": Encoding(
            lambda pipeline, key, items: pipeline.set(key, "".join([fixed[i] for i in items]), ex=TTL_SECONDS), split
        ),
        "base-36 codes, commas": joined(short),
        "ids, commas": Encoding(
            lambda pipeline, key, items: pipeline.set(key, ",".join([ids[i] for i in items]), ex=TTL_SECONDS),
            lambda value, n: value.decode().split(",")[:n],
        ),
        "ids, JSON": Encoding(
            lambda pipeline, key, items: pipeline.set(key, json.dumps([ids[i] for i in items]), ex=TTL_SECONDS),
            lambda value, n: json.loads(value)[:n],
        ),
        "packed 32-bit numbers": Encoding(
            lambda pipeline, key, items: pipeline.set(key, struct.pack(f"<{len(items)}I", *items), ex=TTL_SECONDS),
            lambda value, n: [ids[i] for i in struct.unpack_from(f"<{n}I", value)],
        ),
        "Redis list of ids": Encoding(several("rpush"), members, mget=False),
        "Redis sorted set of ids": Encoding(several("zadd"), members, mget=False),
    }


def measure(client: redis.Redis, encoding: Encoding, lists: list[list[int]]) -> dict[str, float | bool]:
    empty(client)
    before = used_bytes(client)
    start = time.perf_counter()
    for first in range(0, USERS, PIPELINE):
        pipeline = client.pipeline(transaction=False)
        for number in range(first, first + PIPELINE):
            encoding.write(pipeline, f"{STEM}{number}", lists[number])
        pipeline.execute()
    seconds = time.perf_counter() - start
    size = (used_bytes(client) - before) / USERS
    kind = str(text(client.type(f"{STEM}0")))
    reading: dict[str, Callable[[str], Any]] = {
        "string": client.get,
        "list": lambda key: client.lrange(key, 0, -1),
        "zset": lambda key: client.zrange(key, 0, -1),
    }
    values = [reading[kind](f"{STEM}{number}") for number in range(DECODED)]
    timed = {}
    for n in (10, ITEMS):
        start = time.perf_counter()
        for value in values:
            encoding.read(value, n)
        timed[n] = (time.perf_counter() - start) / DECODED * 1e6
    expected = [str(1_000_000 + item) for item in lists[7]]
    if kind != "zset" and encoding.read(values[7], ITEMS) != expected:
        raise SystemExit("an encoding doesn't give back what it was given: mend the benchmark.")
    return {
        "bytes_a_user": round(size),
        "lists_per_s": round(USERS / seconds),
        "decode_10_us": round(timed[10], 2),
        "decode_100_us": round(timed[ITEMS], 2),
        "mget": encoding.mget,
    }


def main() -> None:
    record: dict[str, Any] = {"benchmark": "encoding", "users": USERS, "items": ITEMS, "load": load(), "results": {}}
    with private_redis() as client:
        for catalogue, numbers in catalogues().items():
            lists = numbers.tolist()
            print(f"\n{catalogue:<30}{'bytes a user':>14}{'lists/s':>12}{'decode 10':>12}{'decode 100':>12}")
            for name, encoding in encodings(int(numbers.max()) + 1).items():
                found = measure(client, encoding, lists)
                record["results"].setdefault(catalogue, {})[name] = found
                print(
                    f"{name:<30}{found['bytes_a_user']:>14,}{found['lists_per_s']:>12,}"
                    f"{found['decode_10_us']:>9} us{found['decode_100_us']:>9} us"
                )
    print(json.dumps(record))


if __name__ == "__main__":
    main()

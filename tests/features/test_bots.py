from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from examples.world import World, WorldConfig
from features.bots import of_bots
from jobs.runtime.config import load_config

SECOND = 1_000_000


def found(records: list[tuple[str, float]], *, per_minute: int = 0, per_day: int = 0) -> set[str]:
    """(user, seconds) of the records -> the users whose records are a bot's: all of them, or none."""
    users = [user for user, _ in records]
    micros = np.array([round(seconds * SECOND) for _, seconds in records], np.int64)
    marks = of_bots(
        pa.chunked_array([users[:3], users[3:]], pa.string()), micros, per_minute=per_minute, per_day=per_day
    )
    marked = {user for user, mark in zip(users, marks, strict=True) if mark}
    assert not marked & {user for user, mark in zip(users, marks, strict=True) if not mark}
    return marked


def burst(user: str, records: int, first: float, seconds: float) -> list[tuple[str, float]]:
    return [(user, first + seconds * n / records) for n in range(records)]


def test_a_minute_of_more_than_the_limit_marks_all_of_a_user_s_records() -> None:
    records = [
        *burst("fast", 21, 600, 60),
        ("fast", 80_000),
        *burst("busy", 20, 600, 60),
        *burst("steady", 500, 0, 3_600),
        # 40 within a minute's time, but in no minute of the clock more than 20.
        *burst("across", 40, 630, 60),
    ]
    assert found(records, per_minute=20) == {"fast"}


def test_a_basket_is_one_time_however_much_is_in_it() -> None:
    baskets = [("shopper", 600.0)] * 300 + [("shopper", 630.0)] * 300 + burst("shopper", 7, 640, 7)
    clicks = burst("bot", 30, 600, 10)
    assert found(baskets + clicks, per_minute=20) == {"bot"}


def test_a_day_of_more_than_the_limit() -> None:
    records = burst("scraper", 101, 0, 86_400) + burst("reader", 100, 0, 86_400)
    assert found(records, per_day=100) == {"scraper"}


def test_zero_is_no_limit_and_nobody_no_bot() -> None:
    assert found(burst("fast", 1_000, 0, 60)) == set()
    assert found([], per_minute=1, per_day=1) == set()


@pytest.mark.parametrize("seed", [7, 8])
def test_the_bots_of_the_generated_world_are_found_and_nobody_else(seed: int) -> None:
    """At the default limits. Precision and recall are 1: a bot opens a page a second, for a minute on end."""
    world = World(WorldConfig(days=1, users=2_000, items=300, events=60_000, bot_share=0.02, seed=seed))
    records = []
    for part in world.day(world.config.first_day):
        for line in part.decode().splitlines():
            if line.endswith("}"):
                event = json.loads(line)
                if event.get("user_id") and isinstance(event["time"], str):
                    records.append((event["user_id"], np.datetime64(event["time"][:-1]).astype(int)))
    clean = load_config("world").clean
    bots = set(world.truth()["bot_user_ids"].tolist())
    active = Counter(user for user, _ in records)
    marked = found(records, per_minute=clean.bot_events_per_minute, per_day=clean.bot_events_per_day)
    assert marked == {user for user in bots if active[user]} and marked

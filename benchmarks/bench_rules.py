"""What each re-ranking rule costs: users a second of processor time, with 400 candidates each, and a night's rules.

Run: python -m benchmarks.bench_rules. Invented users and items, the same for every rule; each rule alone on blocks as
the night cuts them, with settings that make it work for its living (diversity and caps over all 100 places). Beside it
the cost of the block and the final list without any rule. The last line is JSON.
"""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.overlay import CONF
from models.recall.ragged import offsets_of
from models.rerank import RULES, load_rule
from models.rerank.base import Rule
from models.rerank.final import Reranker
from models.rerank.night import NAME, Night, Target
from models.rerank.rows import block_of

USERS, CANDIDATES, PLACES, ITEMS, OWN, SHOWN = 20_000, 400, 100, 50_000, 60, 60
BLOCK = 256  # rows of a batch, as in a night
SEED = 1
SLOW = ("mmr", "dpp")
SLOW_USERS = 4_000  # are enough to time a rule that does a few thousand users a second
SETTINGS: dict[str, dict[str, Any]] = {
    "seen": {"days": 7},
    "dedupe": {"max_shared": 1.0},
    "mmr": {"places": PLACES},
    "dpp": {"places": PLACES},
    "caps": {"category": 20, "brand": 5, "places": PLACES},
}


def night() -> Night:
    """5 % new items, names that two of twenty items share, bans, boosts and pins."""
    random = np.random.default_rng(SEED)
    groups = {
        name: random.integers(0, size, ITEMS).astype(np.int32) for name, size in (("category", 30), ("brand", 500))
    }
    groups["subcategory"] = (groups["category"] * 10 + random.integers(0, 10, ITEMS)).astype(np.int32)
    groups[NAME] = random.integers(0, ITEMS * 10, ITEMS).astype(np.int32)
    codes = random.permutation(ITEMS).astype(np.int32)
    campaigns = (
        Target("ban", codes[:100]),
        Target("ban", np.flatnonzero(groups["brand"] == 7), ("profile_city", 1)),
        Target("boost", np.flatnonzero(groups["category"] == 3), factor=2.0),
        *(Target("pin", codes[200 + number : 201 + number], position=3 * number + 2) for number in range(3)),
    )
    return Night(
        item_ids=pa.array([f"item-{code}" for code in range(ITEMS)]),
        groups=groups,
        ages=random.integers(0, 140, ITEMS).astype(np.float32),
        available=random.random(ITEMS) > 0.02,
        popular=codes,
        n=PLACES,
        day=20_000,
        repeats=True,
        seed=SEED,
        campaigns=campaigns,
    )


def users(count: int) -> pa.RecordBatch:
    """Candidates skewed towards low codes; half of what a user was shown often was never taken."""
    random = np.random.default_rng(SEED)

    def codes(each: int) -> np.ndarray:
        drawn = (ITEMS * random.random((count, each * 2)) ** 2).astype(np.int32)
        drawn.sort(axis=1)
        distinct = np.concatenate([np.ones((count, 1), bool), drawn[:, 1:] != drawn[:, :-1]], axis=1)
        return np.stack([row[kept][:each] for row, kept in zip(drawn, distinct, strict=True)])

    def lists(values: np.ndarray, kind: pa.DataType) -> pa.ListArray:
        offsets = pa.array(offsets_of(np.full(count, values.shape[1])).astype(np.int32))
        return pa.ListArray.from_arrays(offsets, pa.array(values.ravel(), kind))

    candidates = random.permuted(codes(CANDIDATES), axis=1)
    counts = {"own_taken": (2, OWN), "own_since": (60, OWN), "own_disliked_0": (2, OWN), "shown_times": (9, SHOWN)}
    columns = {
        "user_id": pa.array([f"user-{code}" for code in range(count)]),
        "user_code": pa.array(np.arange(count, dtype=np.int32)),
        "item_codes": lists(candidates, pa.int32()),
        "scores": lists(-np.sort(-random.random((count, CANDIDATES))), pa.float32()),
        "own_codes": lists(codes(OWN), pa.int32()),
        "shown_codes": lists(codes(SHOWN), pa.int32()),
        "profile_city": pa.array(random.integers(0, 5, count).astype(np.float32)),
        **{name: lists(random.integers(0, most, (count, each)), pa.float32()) for name, (most, each) in counts.items()},
    }
    return pa.RecordBatch.from_pydict(columns)


def rule(name: str, known: Night, **settings: Any) -> Rule[Any]:
    kind = load_rule(name)
    return kind(kind.Config(**settings), known)


def per_second(work: Callable[[pa.RecordBatch], object], rows: pa.RecordBatch) -> float:
    blocks = [rows.slice(start, BLOCK) for start in range(0, rows.num_rows, BLOCK)]
    start = time.process_time()
    for block in blocks:
        work(block)
    return rows.num_rows / (time.process_time() - start)


def main() -> None:
    known, everyone = night(), users(USERS)
    used = tomllib.loads((CONF / "predawn.toml").read_text(encoding="utf-8"))["rerank"]["rules"]
    print(f"{USERS:,} users, {CANDIDATES} candidates, lists of {PLACES}, {ITEMS:,} items, blocks of {BLOCK}, one core")
    speed = {"no rule": per_second(Reranker([], known).lists, everyone)}
    print(f"{'no rule':<12} {speed['no rule']:>10,.0f} users/s, from Arrow to Arrow")
    for name in RULES:
        rows = everyone.slice(0, SLOW_USERS) if name in SLOW else everyone
        mine = rule(name, known, **SETTINGS.get(name, {}))
        blocks = [block_of(rows.slice(start, BLOCK), known, 0) for start in range(0, rows.num_rows, BLOCK)]
        start = time.process_time()
        for block in blocks:
            mine.apply(block)
        speed[name] = rows.num_rows / (time.process_time() - start)
        print(f"{name:<12} {speed[name]:>10,.0f} users/s")
    speed["night"] = per_second(Reranker([rule(name, known) for name in used], known).lists, everyone)
    print(f"{'night':<12} {speed['night']:>10,.0f} users/s, from Arrow to Arrow: {', '.join(used)}")
    record = {"benchmark": "rules", "users": USERS, "candidates": CANDIDATES, "places": PLACES}
    print(json.dumps({**record, "users_per_s": {name: round(value) for name, value in speed.items()}}))


if __name__ == "__main__":
    main()

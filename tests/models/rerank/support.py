"""Small nights and rows of users for the tests of re-ranking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from models.rerank.block import Block
from models.rerank.night import NAME, Night, Target
from models.rerank.rows import block_of

ITEMS = 60
TYPES: dict[str, pa.DataType] = {
    "user_code": pa.int32(),
    "user_id": pa.string(),
    **{name: pa.list_(pa.int32()) for name in ("item_codes", "own_codes", "shown_codes")},
    **{name: pa.list_(pa.float32()) for name in ("scores", "own_taken", "own_since", "own_disliked_0", "shown_times")},
    "profile_city": pa.float32(),
}


def night(items: int = ITEMS, **changes: Any) -> Night:
    """Items of 3 categories, 6 subcategories and 10 brands; the last tenth is new, popularity falls with the code."""
    codes = np.arange(items, dtype=np.int32)
    groups = {NAME: codes, "category": codes % 3, "subcategory": codes % 6, "brand": codes % 10}
    told: dict[str, Any] = {
        "item_ids": pa.array([f"item {code}" for code in range(items)], pa.string()),
        "groups": groups | changes.pop("groups", {}),
        "ages": np.where(codes < items * 0.9, 100, 2).astype(np.float32),
        "available": np.ones(items, bool),
        "popular": codes,
        "n": 10,
        "day": 739_000,
        "repeats": False,
        **changes,
    }
    return Night(**told)


def target(action: str, *items: int, **more: Any) -> Target:
    return Target(action, np.array(items, np.int32), **more)


def user(
    ranked: list[int],
    own: dict[int, tuple[float, ...]] | None = None,
    shown: dict[int, float] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """own: item -> (days taken, days since the last, negative events), the last two may be left out. Scores fall by a
    hundredth from 1.
    """
    own, shown = dict(sorted((own or {}).items())), dict(sorted((shown or {}).items()))
    facts = [(*fact, *(None, 0.0)[len(fact) - 1 :]) for fact in own.values()]
    return {
        "item_codes": ranked,
        "scores": [1 - place / 100 for place in range(len(ranked))],
        "own_codes": list(own),
        "own_taken": [fact[0] for fact in facts],
        "own_since": [fact[1] for fact in facts],
        "own_disliked_0": [fact[2] for fact in facts],
        "shown_codes": list(shown),
        "shown_times": list(shown.values()),
        "profile_city": 0.0,
        **more,
    }


def rows(*users: dict[str, Any]) -> pa.RecordBatch:
    told = [{"user_code": 5 + place, "user_id": f"user {place}", **one} for place, one in enumerate(users)]
    return pa.RecordBatch.from_pylist(told, schema=pa.schema(list(TYPES.items())))


def random_rows(users: int = 40, items: int = ITEMS, longest: int = 40, seed: int = 3) -> pa.RecordBatch:
    """Lists of up to `longest` items, some empty; users who took, disliked and were shown some of all items."""
    random = np.random.default_rng(seed)

    def some(most: int) -> list[int]:
        return random.permutation(items)[: random.integers(0, min(most, items) + 1)].tolist()

    people = [
        user(
            some(longest),
            {
                item: (float(random.integers(0, 3)), float(random.integers(0, 9)), float(item % 4 == 0))
                for item in some(12)
            },
            {item: float(random.integers(1, 9)) for item in some(20)},
            profile_city=float(random.integers(0, 3)) if place % 5 else None,
        )
        for place in range(users)
    ]
    return rows(*people)


def block(batch: pa.RecordBatch, known: Night, fill: int = 0) -> Block:
    return block_of(batch, known, fill)


def entries(block: Block) -> list[list[tuple[int, float | None, int]]]:
    """Per list its (item, score, placer), None for no score."""
    scores = [None if np.isnan(score) else float(score) for score in block.scores]
    flat = list(zip(block.items.tolist(), scores, block.placed.tolist(), strict=True))
    return [flat[a:b] for a, b in zip(block.offsets[:-1], block.offsets[1:], strict=True)]


def items_of(block: Block) -> list[list[int]]:
    return [[item for item, _, _ in row] for row in entries(block)]

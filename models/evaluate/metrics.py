"""How well lists foresaw what users did next, over the full catalogue: no sampled negatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.recall.ragged import among, positions, repeated

UNKNOWN_ITEM = -1
METRICS = ("ndcg", "recall", "hit_rate", "map")


class Ragged(Protocol):
    """Lists of items, as `Lists` and `Truth` hold them: offsets (n + 1,), items (nnz,)."""

    @property
    def offsets(self) -> np.ndarray: ...

    @property
    def items(self) -> np.ndarray: ...


@dataclass(frozen=True)
class Truth:
    """What users did after the as-of day. That of user i is `items[offsets[i]:offsets[i + 1]]`, in any order.

    offsets: (n + 1,) int64; every user has one item or more. items: (nnz,) int32 item codes, none twice for a user,
    save that UNKNOWN_ITEM stands for each item that was not in the catalogue as of the day: relevant, never hit.
    """

    offsets: np.ndarray
    items: np.ndarray


def metric_names(ks: Sequence[int]) -> list[str]:
    """The names of what `per_user` measures, metric by metric."""
    return [f"{metric}_at_{k}" for metric in METRICS for k in ks]


def per_user(truth: Ragged, lists: Ragged, ks: Sequence[int]) -> dict[str, np.ndarray]:
    """Metric name -> (n,) float64 in 0..1, aligned with truth and lists; a user without a list scores 0.

    For each k: `ndcg_at_k` (binary gains, discount 1 / log2(1 + rank), ideal over min(k, relevant) items; Järvelin,
    Kekäläinen 2002, DOI 10.1145/582415.582418), `recall_at_k` (hits / relevant), `hit_rate_at_k` (1 with a hit),
    `map_at_k` (the sum over hits of the precision at their ranks / relevant; trec_eval's `map_cut`).

    Raises ValueError when truth and lists differ in length, a user has no truth, an item stands twice for a user
    in truth or list, or a k is below 1.
    """
    relevant, listed = np.diff(truth.offsets), np.diff(lists.offsets)
    n = len(relevant)
    if len(listed) != n:
        raise ValueError(f"metrics: {len(listed)} lists for {n} users.")
    if (relevant < 1).any():
        raise ValueError(f"metrics: {np.count_nonzero(relevant < 1)} users without truth; leave them out.")
    if not ks or min(ks) < 1:
        raise ValueError(f"metrics: cut-offs {tuple(ks)}, at least one and each at least 1 is needed.")
    rows = np.repeat(np.arange(n), listed)
    rank = positions(listed) + 1
    hit = _hits(truth, relevant, lists, rows)
    rows, rank = rows[hit], rank[hit]
    precision = (positions(np.bincount(rows, minlength=n)) + 1) / rank
    discount = 1 / np.log2(np.arange(2, max(ks) + 2))
    ideal = np.cumsum(discount)
    metrics = {}
    for k in ks:
        near = rank <= k
        hits = np.bincount(rows[near], minlength=n)
        gain = np.bincount(rows[near], discount[rank[near] - 1], minlength=n)
        metrics[f"ndcg_at_{k}"] = gain / ideal[np.minimum(relevant, k) - 1]
        metrics[f"recall_at_{k}"] = hits / relevant
        metrics[f"hit_rate_at_{k}"] = (hits > 0).astype(np.float64)
        metrics[f"map_at_{k}"] = np.bincount(rows[near], precision[near], minlength=n) / relevant
    return metrics


def coverage(blocks: Iterable[Ragged], n_items: int, ks: Sequence[int]) -> list[float]:
    """Of each k the share of the catalogue's n_items that stands in the first k of any list; 0 for an empty catalogue.

    blocks: the lists of some users each. Codes from n_items on are of no item of it.
    """
    best = np.full(n_items, np.iinfo(np.int64).max)  # the best place of each item
    for lists in blocks:
        places = positions(np.diff(lists.offsets))
        near = (places < max(ks)) & (lists.items < n_items)
        np.minimum.at(best, lists.items[near], places[near])
    return [float(np.count_nonzero(best < k)) / n_items if n_items else 0.0 for k in ks]


def _hits(truth: Ragged, relevant: np.ndarray, lists: Ragged, rows: np.ndarray) -> np.ndarray:
    """(nnz of lists,) bool: whether the listed item is relevant to its user."""
    span = 1 + max(int(truth.items.max(initial=0)), int(lists.items.max(initial=0)))
    known = truth.items != UNKNOWN_ITEM
    wanted = (np.repeat(np.arange(len(relevant)), relevant) * np.int64(span) + truth.items)[known]
    given = rows * np.int64(span) + lists.items
    for what, keys in (("truth", wanted), ("list", given)):
        if repeated(keys):
            raise ValueError(f"metrics: an item stands twice in a user's {what}.")
    return among(given, np.sort(wanted))

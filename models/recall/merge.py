"""The channels' lists of the same users as one candidate set per user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from features.settings import Settings
from models.recall.ragged import distinct, offsets_of, positions, repeated
from models.types import Lists

MAX_RANK = np.iinfo(np.int16).max


class FusionConfig(Settings):
    """Reciprocal rank fusion. constant: added to every rank; the greater it is, the less the first places stand out.
    weights: of channels, 1 where none is given.
    """

    constant: float = Field(60.0, gt=0, allow_inf_nan=False)
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(default_factory=dict)


@dataclass(frozen=True)
class Merged:
    """Candidates of several users, those of user i at `offsets[i]:offsets[i + 1]`, ascending by item code, none twice.

    offsets: (n + 1,) int64. items: (nnz,) int32 item codes. scores: channel -> (nnz,) float32, NaN where the channel
    did not recall the item. ranks: channel -> (nnz,) int16, 1 for the channel's best, 0 where it did not recall it.
    fused_scores, fused_ranks: (nnz,) float32 and int16, of all channels together; no two items of a user have the same
    rank, equal scores rank in item order.
    """

    offsets: np.ndarray
    items: np.ndarray
    scores: dict[str, np.ndarray]
    ranks: dict[str, np.ndarray]
    fused_scores: np.ndarray
    fused_ranks: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1


def merge(lists: Mapping[str, Lists], fusion: FusionConfig | None = None) -> Merged:
    """The union of every user's lists; `lists` maps channel names to lists of the same users in the same order.

    A fused score is the sum, over the channels that recalled the item, of weight / (constant + rank).
    Source: Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
    methods", SIGIR 2009, DOI 10.1145/1571941.1572114.

    Raises ValueError when there is no channel, the channels differ in their number of users, a list is longer than
    a rank can count, or a list holds an item twice.
    """
    sizes = {name: len(channel) for name, channel in lists.items()}
    if len(set(sizes.values())) != 1:
        raise ValueError(f"merge takes lists of the same users from one channel or more, not {sizes or 'none'}.")
    n = next(iter(sizes.values()))
    span = 1 + max(int(channel.items.max(initial=0)) for channel in lists.values())
    keys = {name: _keys(name, channel, span) for name, channel in lists.items()}
    union = distinct(np.concatenate(list(keys.values())))
    users, items = np.divmod(union, span)
    fusion, fused = fusion or FusionConfig(), np.zeros(len(union))
    scores, ranks = {}, {}
    for name, channel in lists.items():
        places = np.searchsorted(union, keys[name])
        scores[name] = _scatter(np.float32(np.nan), channel.scores, places, len(union))
        rank = (positions(np.diff(channel.offsets)) + 1).astype(np.int16)
        ranks[name] = _scatter(np.int16(0), rank, places, len(union))
        fused[places] += fusion.weights.get(name, 1.0) / (fusion.constant + rank)
    counts = np.bincount(users, minlength=n)
    best = fused.astype(np.float32)
    return Merged(offsets_of(counts), items.astype(np.int32), scores, ranks, best, _ranked(best, users, counts))


def _ranked(scores: np.ndarray, users: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(nnz,) int16: the place of each score among its user's, from 1; equal ones in their order."""
    ranks = np.empty(len(scores), np.int16)
    ranks[np.lexsort((-scores, users))] = np.minimum(positions(counts) + 1, MAX_RANK)
    return ranks


def _keys(name: str, lists: Lists, span: int) -> np.ndarray:
    """(nnz,) int64, one key per user and item, ascending by user, then item, once sorted."""
    counts = np.diff(lists.offsets)
    if counts.max(initial=0) > MAX_RANK:
        raise ValueError(f"channel {name}: a list of {counts.max()} items, at most {MAX_RANK} can be ranked.")
    keys: np.ndarray = np.repeat(np.arange(len(lists), dtype=np.int64), counts) * span + lists.items
    if repeated(keys):
        raise ValueError(f"channel {name}: an item twice in one list.")
    return keys


def _scatter(absent: np.generic, values: np.ndarray, places: np.ndarray, n: int) -> np.ndarray:
    """(n,) of the type of `absent`: the values at their places, `absent` elsewhere."""
    spread = np.full(n, absent)
    spread[places] = values
    return spread

"""The channels' lists of the same users as one candidate set per user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.recall.ragged import distinct, offsets_of, positions, repeated
from models.types import Lists

MAX_RANK = np.iinfo(np.int16).max


@dataclass(frozen=True)
class Merged:
    """Candidates of several users, those of user i at `offsets[i]:offsets[i + 1]`, ascending by item code, none twice.

    offsets: (n + 1,) int64. items: (nnz,) int32 item codes. scores: channel -> (nnz,) float32, NaN where the channel
    did not recall the item. ranks: channel -> (nnz,) int16, 1 for the channel's best, 0 where it did not recall it.
    """

    offsets: np.ndarray
    items: np.ndarray
    scores: dict[str, np.ndarray]
    ranks: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.offsets) - 1


def merge(lists: Mapping[str, Lists]) -> Merged:
    """The union of every user's lists; `lists` maps channel names to lists of the same users in the same order.

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
    merged = Merged(offsets_of(np.bincount(users, minlength=n)), items.astype(np.int32), {}, {})
    for name, channel in lists.items():
        places = np.searchsorted(union, keys[name])
        merged.scores[name] = _scatter(np.float32(np.nan), channel.scores, places, len(union))
        ranks = (positions(np.diff(channel.offsets)) + 1).astype(np.int16)
        merged.ranks[name] = _scatter(np.int16(0), ranks, places, len(union))
    return merged


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

"""Why an item stands in a user's list: the channel that ranked it best, and the user's own item that it follows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from features.settings import Settings
from models.arrow import ragged_codes
from models.recall.ragged import among, look_up, offsets_of, positions
from models.rerank import FILL, RANKER
from models.types import Lists

UNRANKED = "other"
NONE = -1
# Channels that don't follow from one item of the user's: what all take, and what the user took.
WITHOUT_EVIDENCE = ("popular", "buy_again", "trending", "hot", "popular_segment", "new_items")
# What fills a list up comes from the popular one; what a rule placed is said by the rule's own word: new, pinned.
FILLED_FROM = "popular"


class ReasonsConfig(Settings):
    """places: the first places of a list that get a reason."""

    places: int = Field(10, ge=1, le=1000)


def explain_block(
    rows: pa.RecordBatch, *, channels: Sequence[str], similar: Lists, item_ids: pa.Array, places: int
) -> pa.RecordBatch:
    """Grain: user. In: user_id, item_codes, scores and placed_by (the list), candidate_codes (ascending) with
    `<channel>_rank` (NaN: not recalled), own_codes with own_days (days on which the user took the item; 0: only seen).

    similar: of every item code its most similar items, best first. item_ids: the id of each item code. Out: user_id,
    then lists parallel to the first places: scores; channels (UNRANKED where none recalled the item; in place of one
    who put the item there, if it wasn't the ranker); evidence_ids, the most similar item of the user's own, null where
    there is none or none is needed; days, on which the user took the item itself.
    """
    offsets, items = ragged_codes(rows["item_codes"])
    near = positions(np.diff(offsets)) < places
    counts = np.minimum(np.diff(offsets), places)
    of, items = np.repeat(np.arange(rows.num_rows, dtype=np.int64), counts), items[near]
    stride = np.int64(len(item_ids))
    listed = of * stride + items
    own_offsets, own_codes = ragged_codes(rows["own_codes"])
    own_days = rows["own_days"].flatten().to_numpy(zero_copy_only=False)
    taken = np.nan_to_num(own_days) > 0
    own = (np.repeat(np.arange(rows.num_rows, dtype=np.int64), np.diff(own_offsets)) * stride + own_codes)[taken]
    order = np.argsort(own, kind="stable")
    own, own_days = own[order], own_days[taken][order].astype(np.int32)

    best = _best_channel(rows, listed, stride, channels)
    placed = rows["placed_by"].flatten().filter(pa.array(near))
    by_rule = pc.not_equal(placed, RANKER)
    told = pc.if_else(pc.equal(placed, FILL), FILLED_FROM, placed)
    names = pc.if_else(by_rule, told, pa.array([*channels, UNRANKED]).take(pa.array(best)))
    needless = np.array([*(channel in WITHOUT_EVIDENCE for channel in channels), False])[best]
    needless |= by_rule.to_numpy(zero_copy_only=False)
    evidence = np.where(needless, NONE, _evidence(of, items, stride, own, similar))
    columns = {
        "scores": rows["scores"].flatten().filter(pa.array(near)),
        "channels": names,
        "evidence_ids": item_ids.take(pa.array(evidence, mask=evidence == NONE)),
        "days": pa.array(look_up(listed, own, own_days, np.int32(0))),
    }
    at = pa.array(offsets_of(counts).astype(np.int32))
    lists = {name: pa.ListArray.from_arrays(at, values) for name, values in columns.items()}
    return pa.RecordBatch.from_pydict({"user_id": rows["user_id"], **lists})


def _best_channel(rows: pa.RecordBatch, listed: np.ndarray, stride: np.int64, channels: Sequence[str]) -> np.ndarray:
    """(n,) position of the channel that ranked each listed item best, the first of equals; len(channels) for none."""
    offsets, codes = ragged_codes(rows["candidate_codes"])
    candidates = np.repeat(np.arange(rows.num_rows, dtype=np.int64), np.diff(offsets)) * stride + codes
    best, rank = np.full(len(listed), len(channels)), np.full(len(listed), np.inf, np.float32)
    for number, channel in enumerate(channels):
        values = rows[f"{channel}_rank"].flatten().to_numpy(zero_copy_only=False).astype(np.float32)
        ranks = look_up(listed, candidates, np.where(np.isnan(values), np.float32(np.inf), values), np.float32(np.inf))
        better = ranks < rank
        best[better], rank[better] = number, ranks[better]
    return best


def _evidence(of: np.ndarray, items: np.ndarray, stride: np.int64, own: np.ndarray, similar: Lists) -> np.ndarray:
    """(n,) the most similar item among the user's own (ascending keys `own`) of each listed item; NONE without one."""
    counts = np.diff(similar.offsets)[items]
    entry = np.repeat(np.arange(len(items)), counts)
    neighbour = similar.items[np.repeat(similar.offsets[items], counts) + positions(counts)]
    found = among(of[entry] * stride + neighbour, own)
    entry, neighbour = entry[found], neighbour[found]
    first = np.concatenate([np.ones(min(len(entry), 1), bool), entry[1:] != entry[:-1]])
    evidence = np.full(len(items), NONE, np.int32)
    evidence[entry[first]] = neighbour[first]
    return evidence

"""Arrow rows of users with all their candidates to the first places of every list that is judged: a contest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from models.arrow import ragged_codes
from models.evaluate.orders import channel_ranks, evidence, fused
from models.rank.base import Ranker
from models.rank.blocks import CANDIDATE_CODES, Inputs, user_block
from models.rank.coarse import COARSE, Coarse
from models.rank.matrix import ItemTable, assemble
from models.recall import FUSED
from models.recall.ragged import among, offsets_of, positions

ANY, NEW = "any", "new"  # modes: whatever is taken counts, or only what the user hadn't taken before
TAKEN_CODES = "taken_codes"
FINAL_CODES = "final_codes"
FINAL = "topn"
TRUTH, RECALLED, HITS, UNIQUE = "truth", "recalled", "hits", "unique_hits"
WITHOUT = "without "


def column(mode: str, source: str) -> str:
    """The name of the lists of a source, or of `TRUTH` and its like, in a mode."""
    return f"{mode}:{source}"


@dataclass(frozen=True)
class Contest:
    """Who competes. rankers: by name, of the features `names`, each after `coarse` has cut the candidates, as lists are
    made; it competes itself, too. without: for a channel left out, a ranker and a coarse one that never heard of it.
    final: whether rows bring lists in `FINAL_CODES`. k: places of a list. modes: of `ANY` and `NEW`.
    """

    inputs: Inputs
    names: tuple[str, ...]
    channels: tuple[str, ...]
    modes: tuple[str, ...]
    k: int
    rankers: Mapping[str, Ranker] = field(default_factory=dict)
    coarse: Coarse | None = None
    without: Mapping[str, tuple[Ranker, Coarse | None]] = field(default_factory=dict)
    final: bool = False

    @property
    def sources(self) -> list[str]:
        """Those with lists, the simple ones first; the candidates without a channel come last."""
        last = [FINAL] if self.final else []
        learned = [COARSE] if self.coarse else []
        return [FUSED, *self.channels, *learned, *self.rankers, *last, *(WITHOUT + channel for channel in self.without)]


def contest_block(rows: pa.RecordBatch, contest: Contest, items: ItemTable) -> pa.RecordBatch:
    """Grain: user. In: user_code, `Inputs.user_columns`, `TAKEN_CODES`, for each mode the items taken in the window as
    `column(mode, TRUTH)` (-1: an unknown one), with `final` also `FINAL_CODES` (null: no list).

    Out, lists of integers: user_code; for each mode the truth as it came, of every source its first k items (best
    first, ties by code), and one number a channel as `HITS` and `UNIQUE`: candidates of it, or of it alone, that were
    taken; `RECALLED`: all of its candidates. In the mode `NEW` no list holds what the user had taken before.
    """
    offsets, codes = ragged_codes(rows[CANDIDATE_CODES])
    users = np.repeat(np.arange(rows.num_rows, dtype=np.int64), np.diff(offsets))
    ranks = channel_ranks(rows, contest.channels)
    recalled = ~np.isnan(ranks)
    taken = _within(rows, TAKEN_CODES, users, codes)
    lists = {source: (users, codes, score) for source, score in _scores(rows, contest, items, ranks).items()}
    if contest.final:
        final_offsets, final = ragged_codes(rows[FINAL_CODES])
        counts = np.diff(final_offsets)
        lists[FINAL] = (np.repeat(np.arange(rows.num_rows, dtype=np.int64), counts), final, -positions(counts))
    columns = {"user_code": rows["user_code"], RECALLED: _counts(users, recalled, rows.num_rows)}
    for mode in contest.modes:
        truth = column(mode, TRUTH)
        columns[truth] = rows[truth]
        allowed = ~taken if mode == NEW else np.ones(len(codes), bool)
        hit = _within(rows, truth, users, codes) & allowed
        columns[column(mode, HITS)] = _counts(users, recalled & hit[:, None], rows.num_rows)
        alone = hit & (recalled.sum(axis=1) == 1)
        columns[column(mode, UNIQUE)] = _counts(users, recalled & alone[:, None], rows.num_rows)
        for source in contest.sources:
            owners, listed, score = lists[source]
            mine = allowed
            if source == FINAL:
                mine = ~_within(rows, TAKEN_CODES, owners, listed) if mode == NEW else np.ones(len(listed), bool)
            columns[column(mode, source)] = first_places(owners, listed, score, mine, rows.num_rows, contest.k)
    return pa.RecordBatch.from_pydict(columns)


def stranger_rows(
    truth: pa.ListArray, contest: Contest, shared: Mapping[str, np.ndarray], given: str, first: int
) -> pa.RecordBatch:
    """The same of users of whom nothing is known, who are given what a reader gives them. Grain: element of `truth`,
    what a user took.

    shared: channel whose list is the same for everyone -> its codes, best first. A channel alone has that list or none;
    merged and learned orders and final lists leave strangers to the one that is `given`. first: user_code of the first.
    """
    n = len(truth)

    def repeated(values: np.ndarray) -> pa.ListArray:
        offsets = np.arange(n + 1, dtype=np.int32) * len(values)
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.tile(values.astype(np.int32), n)))

    nothing, none = repeated(np.zeros(len(contest.channels))), repeated(np.empty(0))
    lists = {
        channel: repeated(shared[channel][: contest.k]) if channel in shared else none for channel in contest.channels
    }
    rest = repeated(shared[given][: contest.k])
    columns = {"user_code": pa.array(np.arange(first, first + n, dtype=np.int32)), RECALLED: nothing}
    for mode in contest.modes:
        columns |= {column(mode, name): nothing for name in (HITS, UNIQUE)}
        columns |= {column(mode, TRUTH): truth}
        columns |= {column(mode, source): lists.get(source, rest) for source in contest.sources}
    return pa.RecordBatch.from_pydict(columns)


def _scores(rows: pa.RecordBatch, contest: Contest, items: ItemTable, ranks: np.ndarray) -> dict[str, np.ndarray]:
    """Source -> (m,) what its list falls by; NaN: not in it."""
    scores = {FUSED: fused(rows)}
    scores |= {channel: -ranks[:, number] for number, channel in enumerate(contest.channels)}
    if contest.coarse is not None:
        scores[COARSE] = contest.coarse.scores(evidence(rows, contest.coarse.names))
    everyone = np.ones(len(ranks), bool)
    kept = _kept(rows, contest.coarse, everyone) if contest.rankers else everyone
    entries = {name: (ranker, contest.names, kept) for name, ranker in contest.rankers.items()}
    for channel, (ranker, coarse) in contest.without.items():
        others = ~np.isnan(np.delete(ranks, contest.channels.index(channel), axis=1)).all(axis=1)
        entries[WITHOUT + channel] = (ranker, ranker.feature_names, _kept(rows, coarse, others))
    if not entries:
        return scores
    # Rows are assembled for whatever someone ranks, once.
    ranked = np.any([mine for _, _, mine in entries.values()], axis=0)
    offsets, codes = ragged_codes(rows[CANDIDATE_CODES])
    X = assemble(user_block(rows, contest.inputs, np.append(0, np.cumsum(ranked))[offsets], codes[ranked]), items)
    for name, (ranker, names, mine) in entries.items():
        scores[name] = np.full(len(ranks), np.nan, np.float32)
        scores[name][mine] = _predicted(ranker, X[mine[ranked]], contest.inputs.features, names)
    return scores


def _kept(rows: pa.RecordBatch, coarse: Coarse | None, among_these: np.ndarray) -> np.ndarray:
    """(m,) bool: those of the given candidates that the coarse ranker leaves."""
    if coarse is None:
        return among_these
    offsets, codes = ragged_codes(rows[CANDIDATE_CODES])
    chosen = np.flatnonzero(among_these)
    said = evidence(rows, coarse.names)[chosen]
    kept = np.zeros(len(codes), bool)
    kept[chosen[coarse.cut(np.append(0, np.cumsum(among_these))[offsets], codes[chosen], said)]] = True
    return kept


def _predicted(ranker: Ranker, X: np.ndarray, features: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """As rankings are written: float32."""
    places = {name: place for place, name in enumerate(features)}
    columns = X if list(names) == list(features) else X[:, [places[name] for name in names]]
    return ranker.predict(columns, names).astype(np.float32)


def first_places(
    users: np.ndarray, codes: np.ndarray, scores: np.ndarray, allowed: np.ndarray, n: int, k: int
) -> pa.ListArray:
    """The k best allowed codes of each of n users by descending score, ties by code; NaN is no score.

    users: (m,) ascending row numbers; codes, scores, allowed: (m,).
    """
    kept = np.flatnonzero(allowed & ~np.isnan(scores))
    users, codes = users[kept], codes[kept]
    order = np.lexsort((codes, -scores[kept], users))
    near = positions(np.bincount(users, minlength=n)) < k
    offsets = offsets_of(np.bincount(users[near], minlength=n)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(codes[order][near].astype(np.int32)))


def _within(rows: pa.RecordBatch, name: str, users: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(m,) bool: whether a user's code is in the user's list of that name."""
    offsets, known = ragged_codes(rows[name])
    owners = np.repeat(np.arange(rows.num_rows, dtype=np.int64), np.diff(offsets))
    real = known >= 0
    span = np.int64(1 + max(int(codes.max(initial=0)), int(known.max(initial=0))))
    return among(users * span + codes, np.sort(owners[real] * span + known[real]))


def _counts(users: np.ndarray, flags: np.ndarray, n: int) -> pa.ListArray:
    """For each of n users how often each of the flags (m, c) is set, as lists of c numbers."""
    counts = np.stack([np.bincount(users[flag], minlength=n) for flag in flags.T], axis=1).astype(np.int32)
    offsets = np.arange(n + 1, dtype=np.int32) * counts.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(counts.ravel()))

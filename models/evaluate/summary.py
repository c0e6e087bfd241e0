"""From every user's lists to what is told of a source: means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.arrow import ragged_codes
from models.evaluate.bootstrap import Means, bootstrap
from models.evaluate.contest import HITS, RECALLED, TRUTH, UNIQUE, column
from models.evaluate.metrics import Truth, coverage, metric_names, per_user
from models.evaluate.settings import ProofSettings
from models.evaluate.variety import diversity, novelty
from models.types import Lists


@dataclass(frozen=True)
class Judged:
    """rows: of `contest_block`, one a user of the directory, and of `stranger_rows`."""

    rows: pa.Table


@dataclass(frozen=True)
class Items:
    """What variety is measured by. taken_by: (items,) users who took each; users: all of them. groups: of each
    attribute (items,) codes, -1 where unknown.
    """

    taken_by: np.ndarray
    users: int
    groups: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Standing:
    """Sources side by side over the same users. coverage: (source, name of the metric) -> share, which is no mean."""

    sources: list[str]
    metrics: list[str]
    means: Means
    users: int
    coverage: dict[tuple[str, str], float]

    def of(self, metric: str) -> dict[str, float]:
        """Source -> its mean."""
        return {source: float(self.means.means[self._place(source, metric)]) for source in self.sources}

    def rows(self, level: float, published: str) -> list[dict[str, object]]:
        """Grain: source x metric. gain: what the list `published` has above this source's, over the same users."""
        low, high = self.means.interval(level)
        found: list[dict[str, object]] = []
        for metric in self.metrics:
            best = self._place(published, metric)
            gain_low, gain_high = self.means.interval(level, minus=best)
            for source in self.sources:
                place = self._place(source, metric)
                value = self.means.means[place]
                row = {"source": source, "metric": metric, "value": value, "low": low[place], "high": high[place]}
                if source != published:
                    row |= {"gain": self.means.means[best] - value}
                    row |= {"gain_low": gain_low[place], "gain_high": gain_high[place]}
                found.append({name: _known(cell) for name, cell in row.items()} | {"users": self.users})
        for (source, metric), share in self.coverage.items():
            found.append({"source": source, "metric": metric, "value": share, "users": self.users})
        order = {source: place for place, source in enumerate(self.sources)}
        return sorted(found, key=lambda row: order[str(row["source"])])

    def leads(self, metric: str, over: str) -> dict[str, tuple[float, float]]:
        """Source -> how much more of the metric it has than the source `over`, and the standard error of that."""
        base = self._place(over, metric)
        found = {}
        for source in self.sources:
            place = self._place(source, metric)
            drawn = self.means.resampled[:, place] - self.means.resampled[:, base]
            lead = float(self.means.means[place] - self.means.means[base])
            found[source] = lead, float(drawn.std()) if len(drawn) else math.inf
        return found

    def _place(self, source: str, metric: str) -> int:
        return self.sources.index(source) * len(self.metrics) + self.metrics.index(metric)


def standing(
    judged: Judged, mode: str, sources: Sequence[str], settings: ProofSettings, items: Items | None = None
) -> Standing:
    """items: what variety and coverage are measured by; without it only accuracy is. The order of rows is the same."""
    rows, ks = with_truth(judged.rows, mode), settings.ks
    truth = Truth(*_codes(rows, column(mode, TRUTH)))
    metrics = [
        *metric_names(ks),
        *([f"{name}_at_{k}" for name in ("novelty", "diversity") for k in ks] if items else []),
    ]
    blocks, covered = [], dict[tuple[str, str], float]()
    for source in sources:
        offsets, codes = _codes(rows, column(mode, source))
        lists = Lists(offsets, codes, np.zeros(len(codes), np.float32))
        values = per_user(truth, lists, ks)
        if items:
            values |= {f"novelty_at_{k}": novelty(lists, items.taken_by, items.users, k) for k in ks}
            values |= {f"diversity_at_{k}": diversity(lists, items.groups, k) for k in ks}
            shares = coverage([lists], len(items.taken_by), ks)
            covered |= {(source, f"coverage_at_{k}"): share for k, share in zip(ks, shares, strict=True)}
        blocks.append(np.stack([values[name] for name in metrics], axis=1))
    means = bootstrap(np.concatenate(blocks, axis=1), resamples=settings.resamples, seed=settings.seed)
    return Standing(list(sources), metrics, means, len(rows), covered)


def contributions(judged: Judged, mode: str, channels: Sequence[str]) -> list[dict[str, object]]:
    """Grain: channel. candidates, hits and unique_hits (nobody else recalled it) over all users, and hits as a share of
    all that users took.
    """
    rows = with_truth(judged.rows, mode)
    taken = len(_codes(rows, column(mode, TRUTH))[1])
    names = (RECALLED, column(mode, HITS), column(mode, UNIQUE))
    candidates, hits, alone = (_total(rows, name, len(channels)) for name in names)
    return [
        {
            **{"channel": channel, "candidates": int(candidates[n]), "hits": int(hits[n])},
            **{"unique_hits": int(alone[n]), "hit_share": float(hits[n] / max(taken, 1))},
        }
        for n, channel in enumerate(channels)
    ]


def with_truth(rows: pa.Table, mode: str) -> pa.Table:
    """The users who took something that counts in the mode, in the order of their codes."""
    rows = rows.sort_by("user_code")
    lengths = np.diff(_codes(rows, column(mode, TRUTH))[0])
    return rows.filter(pa.array(lengths > 0))


def _codes(rows: pa.Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    return ragged_codes(rows[name].combine_chunks())


def _total(rows: pa.Table, name: str, count: int) -> np.ndarray:
    return _codes(rows, name)[1].reshape(-1, count).sum(axis=0, dtype=np.int64)


def _known(cell: object) -> object:
    """A plain number, null instead of NaN."""
    if isinstance(cell, float | np.floating):
        return None if np.isnan(cell) else float(cell)
    return cell

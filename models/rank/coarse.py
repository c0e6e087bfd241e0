"""The coarse ranker: a logistic regression over what recall says of a candidate, which cuts thousands to hundreds.

What it looks at comes with the candidates, so nothing is assembled for those that go. Its order is merged recall with
learned weights, too: few weights, so little can go wrong where there is little to learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from models.rank.base import Samples, read_json, write_json
from models.rank.codes import CodeConfig
from models.rank.linear import fit_logistic
from models.rank.lr import LinearModel, fit_columns

COARSE = "coarse"  # its folder, within that of the ranker whose candidates it cuts
COARSE_FILE = "coarse.json"
C = 0.1  # scikit-learn's inverse penalty: light, for there are but a few dozen weights


@dataclass(frozen=True)
class Coarse:
    """names: the columns that it looks at, in their order. keep: candidates of a user that are left."""

    names: tuple[str, ...]
    keep: int
    model: LinearModel

    @classmethod
    def fit(cls, samples: Samples, names: Sequence[str], keep: int) -> Self:
        """Learn from the columns `names` of the samples; each as steps, and by whether it is missing: not recalled.

        Raises ValueError for a name that the samples don't have.
        """
        unknown = [name for name in names if name not in samples.names]
        if unknown or not names:
            raise ValueError(f"the coarse ranker needs columns of the samples, unknown: {', '.join(unknown)}.")
        seen = replace(samples, X=samples.X[:, [samples.names.index(name) for name in names]], names=tuple(names))
        columns = fit_columns(seen, CodeConfig(ids=()))
        weights, intercept = fit_logistic(columns.blocks(seen.X), seen.y, seen.weight, C=C)
        return cls(tuple(names), keep, LinearModel(intercept, columns, weights.tolist()))

    def scores(self, evidence: np.ndarray) -> np.ndarray:
        """(m,) float64: logits. evidence: (m, columns) float32 in the order of `names`, NaN: missing."""
        return self.model.scores(evidence)

    def cut(self, offsets: np.ndarray, items: np.ndarray, evidence: np.ndarray) -> np.ndarray:
        """(m,) bool: the `keep` best candidates of each user, ties by item code; all where there are no more.

        offsets: (n + 1,), user i's candidates are `offsets[i]:offsets[i + 1]`. items: (m,) codes. evidence:
        as of `scores`. Who shares the block doesn't matter.
        """
        counts = np.diff(offsets)
        users = np.repeat(np.arange(len(counts)), counts)
        crowded = np.flatnonzero(counts[users] > self.keep)
        mask = np.ones(len(items), bool)
        scores = self.scores(evidence[crowded])
        order = crowded[np.lexsort((items[crowded], -scores, users[crowded]))]
        place = np.arange(len(order)) - np.searchsorted(users[order], users[order])
        mask[order[place >= self.keep]] = False
        return mask

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / COARSE_FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Raises FileNotFoundError."""
        record = read_json(folder / COARSE_FILE)
        return cls(tuple(record["names"]), record["keep"], LinearModel.from_record(record["model"]))

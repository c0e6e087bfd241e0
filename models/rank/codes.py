"""Ids and crosses for linear models: columns of whole-number codes, one weight a value, or a pair of values.

Trees cut codes into ranges, which says little of an id. A value that training has seen in too few rows has no weight,
nor has a missing one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix

from features.settings import Settings

MOST_COLUMNS = 200_000  # values of all ids and crosses; more are a mistake


class CodeConfig(Settings):
    """ids: features that hold codes. crosses: pairs of such features. Names may be patterns such as `user_profile_*`,
    which may match none. min_rows: rows of the training in which a value must be seen to have a weight.
    """

    ids: tuple[str, ...] = ("user_profile_*",)
    crosses: tuple[tuple[str, str], ...] = ()
    min_rows: int = Field(default=50, ge=1)


@dataclass(frozen=True)
class Codes:
    """columns: of each term, the one feature or the two, by place. values: of each term its known values, ascending:
    one list a feature, parallel. Column numbers of the design count through the terms.
    """

    columns: list[list[int]]
    values: list[list[list[float]]]

    @property
    def width(self) -> int:
        return sum(len(known[0]) for known in self.values)

    def design(self, X: np.ndarray) -> csr_matrix:
        """(n, width) float64: 1 under each known value of a row. X: (n, f) float32."""
        places = np.full((len(X), len(self.columns)), -1, np.int64)
        start = 0
        for term, (columns, known) in enumerate(zip(self.columns, self.values, strict=True)):
            found = _places(X[:, columns], np.array(known, np.float32).T)
            places[:, term] = np.where(found >= 0, found + start, -1)
            start += len(known[0])
        there = places >= 0
        ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        return csr_matrix((np.ones(ends[-1]), places[there], ends), shape=(len(X), self.width))


def fit_codes(X: np.ndarray, names: Sequence[str], config: CodeConfig) -> Codes:
    """Raises ValueError for a name without wildcards that is no feature."""
    terms = [[column] for pattern in config.ids for column in _matching(pattern, names)]
    terms += [
        [one, other]
        for first, second in config.crosses
        for one in _matching(first, names)
        for other in _matching(second, names)
        if one != other
    ]
    columns, values = [], []
    for term in terms:
        rows = X[:, term]
        known, counts = np.unique(rows[~np.isnan(rows).any(axis=1)], axis=0, return_counts=True)
        if len(kept := known[counts >= config.min_rows]):
            columns.append(term)
            values.append(kept.T.astype(np.float64).tolist())
    codes = Codes(columns, values)
    if codes.width > MOST_COLUMNS:
        raise ValueError(f"ids and crosses have {codes.width:,} values, more than {MOST_COLUMNS:,}: raise min_rows.")
    return codes


def _matching(pattern: str, names: Sequence[str]) -> list[int]:
    found = [place for place, name in enumerate(names) if fnmatchcase(name, pattern)]
    if not found and not set(pattern) & set("*?["):
        raise ValueError(f"ids or crosses name {pattern!r}, which is none of the features.")
    return found


def _places(rows: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n,) int64: which of the known rows, sorted, equals each row; -1 for none. Both have the same columns."""
    place, keys = np.zeros(len(rows), np.int64), np.zeros(len(known), np.int64)
    fits = np.ones(len(rows), bool)
    for column, own in zip(rows.T, known.T, strict=True):
        distinct = np.unique(own)
        here = np.minimum(np.searchsorted(distinct, column), len(distinct) - 1)
        fits &= distinct[here] == column
        place, keys = place * len(distinct) + here, keys * len(distinct) + np.searchsorted(distinct, own)
    found = np.minimum(np.searchsorted(keys, place), len(keys) - 1)
    return np.where(fits & (keys[found] == place), found, -1)

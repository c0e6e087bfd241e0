"""Rows of the samples table to the arrays that rankers learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.rank.base import Samples

KEYS = ("ds", "user_code", "item_code")
COLUMNS = (*KEYS, "label", "weight")


def samples_of(table: pa.Table, names: Sequence[str]) -> tuple[Samples, np.ndarray]:
    """The samples in the order of `KEYS`, whatever the table's, their days numbered as folds; and (n,) user codes.

    A user's rows of a day are a list.

    table: has `COLUMNS` and the features `names`; null is missing.
    """
    table = table.sort_by([(key, "ascending") for key in KEYS])
    _, fold = np.unique(table["ds"].to_numpy(zero_copy_only=False), return_inverse=True)
    X = np.empty((len(table), len(names)), np.float32)
    for column, name in enumerate(names):
        X[:, column] = table[name].to_numpy()
    y, weight, users = (table[name].to_numpy() for name in ("label", "weight", "user_code"))
    starts = np.append(True, (np.diff(fold) > 0) | (np.diff(users) != 0))[: len(users)]
    group = np.cumsum(starts) - 1
    return Samples(X, y.astype(np.float64), weight, fold.astype(np.int32), tuple(names), group), users

"""Rows of the impressions table to the arrays that rankers learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.rank.base import Samples
from models.rank.table import COLUMNS, samples_of

POSITIVE = "positive"
NEEDED = (*COLUMNS, POSITIVE)


def impressions_of(table: pa.Table, names: Sequence[str]) -> tuple[Samples, np.ndarray, np.ndarray]:
    """The samples as `models.rank.table.samples_of` gives them; (n,) whether a positive event followed, 1 or 0; and
    (n,) user codes. table: has `NEEDED` and the features `names`.
    """
    found, users = samples_of(table, [*names, POSITIVE])
    samples = Samples(found.X[:, :-1], found.y, found.weight, found.fold, tuple(names))
    return samples, found.X[:, -1].astype(np.float64), users

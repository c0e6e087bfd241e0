"""Copies of a record: among a day's records, and of what earlier days have delivered."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def repeated(keys: np.ndarray) -> np.ndarray:
    """keys: (records,) int64. Same length: true where the key stood before; the first of several isn't a copy."""
    return pd.Series(keys).duplicated(keep="first").to_numpy()


def delivered(keys: np.ndarray, earlier: Iterable[np.ndarray]) -> np.ndarray:
    """keys: (records,) int64, few beside those of `earlier`. Same length: true where an array of `earlier` holds it."""
    wanted = pa.array(np.unique(keys))
    found = np.zeros(len(wanted), bool)
    for others in earlier if len(keys) else ():
        places = pc.index_in(pa.array(others), value_set=wanted).drop_null()
        found[np.unique(places)] = True
    return np.isin(keys, wanted.filter(pa.array(found)))

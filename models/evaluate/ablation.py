"""The same night without a channel: what a ranker learns that has never heard of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.rank.base import Samples
from models.recall import evidence_names


def of_features(samples: Samples, names: Sequence[str]) -> Samples:
    """The same samples with only these features, in this order."""
    places = [samples.names.index(name) for name in names]
    return replace(samples, X=np.ascontiguousarray(samples.X[:, places]), names=tuple(names))


def without_channel(samples: Samples, channels: Sequence[str], channel: str) -> Samples:
    """The samples that another channel recalled as well, without what the channel, or the fusion of all, says of them.

    samples: with the ranks of all channels among their features.
    """
    ranks = [samples.names.index(f"{other}_rank") for other in channels if other != channel]
    own = evidence_names([channel])
    kept = samples.where(~np.isnan(samples.X[:, ranks]).all(axis=1))
    return of_features(kept, [name for name in samples.names if name not in own])

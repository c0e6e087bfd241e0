"""From declared features to columns: the sums of each entity, then its features, rates drawn to the population's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.priors import fit_priors, smoothed
from features.spec import Feature

HITS, TRIES = "__hits", "__tries"


def entity_sums(sources: Mapping[str, DataFrame], key: str, features: Sequence[Feature]) -> DataFrame:
    """Grain: entity with a row in any of the sources. Columns: key, one per feature, and in place of one that is
    smoothed `<name>__hits` and `<name>__tries`.

    sources: name -> rows with `key`, null where the row belongs to nobody. Worth persisting: `entity_features` reads it
    twice.
    """
    parts = []
    for name, frame in sources.items():
        columns = [column for feature in features if feature.source == name for column in _columns(feature)]
        rows = frame.where(F.col(key).isNotNull()).groupBy(key)
        parts.append(rows.agg(*columns) if columns else rows.count().select(key))
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part, key, "full")
    return joined.select(key, *(column for f in features if f.source in sources for column in _defaulted(f)))


def entity_features(sums: DataFrame, key: str, features: Sequence[Feature]) -> DataFrame:
    """Grain: row of `sums`. Columns: key, then the features as float."""
    rates = {f.name: (f.name + HITS, f.name + TRIES) for f in features if f.smoothing}
    if rates:
        sums = sums.crossJoin(F.broadcast(fit_priors(sums, rates)))
    columns = [smoothed(f.name, *rates[f.name]) if f.smoothing else F.col(f.name) for f in features]
    return sums.select(key, *(column.cast("float").alias(f.name) for f, column in zip(features, columns, strict=True)))


def _columns(feature: Feature) -> list[Column]:
    if feature.smoothing is None:
        return [F.expr(feature.sql).alias(feature.name)]
    return [
        F.expr(feature.smoothing.hits).alias(feature.name + HITS),
        F.expr(feature.smoothing.tries).alias(feature.name + TRIES),
    ]


def _defaulted(feature: Feature) -> list[Column]:
    if feature.smoothing:
        names = [feature.name + HITS, feature.name + TRIES]
        return [F.coalesce(F.col(name), F.lit(0)).alias(name) for name in names]
    if feature.default is None:
        return [F.col(feature.name)]
    return [F.coalesce(F.col(feature.name), F.lit(feature.default)).alias(feature.name)]

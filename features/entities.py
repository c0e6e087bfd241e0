"""From declared features to columns: the sums of each entity, then its features, rates drawn to the population's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from features.aggregates import Aggregates, finished
from features.expressions import evaluate
from features.priors import priors, smoothed_sql
from features.spec import Feature

HITS, TRIES = "__hits", "__tries"


def totals(features: Sequence[Feature], source: str) -> Aggregates:
    """What is summed up of the source's rows, for those of the features that are made of it."""
    return Aggregates(sql for feature in features if feature.source == source for sql in _expressions(feature).values())


def entity_sums(
    sources: Mapping[str, pa.Table], key: str, features: Sequence[Feature], also: pa.Array | None = None
) -> pa.Table:
    """Grain: entity with a row in any of the sources, or among `also`, sorted. Columns: key, one per feature, and in
    place of one that is smoothed `<name>__hits` and `<name>__tries`.

    sources: name -> the `totals` of its rows by entity.
    """
    found = [chunk for of in sources.values() for chunk in of[key].chunks] + ([] if also is None else [also])
    ids = pa.chunked_array(found, pa.string()).unique()
    ids = ids.take(pc.array_sort_indices(ids))
    columns = {}
    for name, of in sources.items():
        places = pc.index_in(ids, value_set=of[key].combine_chunks())
        for feature in (feature for feature in features if feature.source == name):
            default = 0 if feature.smoothing else feature.default
            for column, sql in _expressions(feature).items():
                values = finished(sql, of).take(places)
                columns[column] = values if default is None else pc.fill_null(values, default)
    order = [column for feature in features if feature.source in sources for column in _expressions(feature)]
    return pa.table({key: ids, **{column: columns[column] for column in order}})


def entity_priors(sums: Iterable[pa.Table], features: Sequence[Feature]) -> dict[str, float]:
    """The priors of the rates, by `features.priors`. sums: of `entity_sums`, of some entities each."""
    return priors(sums, _rates(features))


def entity_features(sums: pa.Table, features: Sequence[Feature], priors: Mapping[str, float]) -> dict[str, pa.Array]:
    """The features, (rows of `sums`,) float each. priors: of `entity_priors`."""
    rates = _rates(features)

    def column(name: str) -> pa.Array | pa.Scalar:
        return pa.scalar(priors[name]) if name in priors else sums[name].combine_chunks()

    return {
        feature.name: evaluate(
            smoothed_sql(feature.name, *rates[feature.name]) if feature.smoothing else f"`{feature.name}`",
            *(column, len(sums)),
        ).cast(pa.float32())
        for feature in features
    }


def _rates(features: Sequence[Feature]) -> dict[str, tuple[str, str]]:
    return {f.name: (f.name + HITS, f.name + TRIES) for f in features if f.smoothing}


def _expressions(feature: Feature) -> dict[str, str]:
    """Column of the sums -> its SQL."""
    if feature.smoothing is None:
        return {feature.name: feature.sql}
    return {feature.name + HITS: feature.smoothing.hits, feature.name + TRIES: feature.smoothing.tries}

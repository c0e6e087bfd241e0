"""Population rates that smooth the rates of users and items."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def with_priors(history: DataFrame, *, roles: Mapping[str, str]) -> DataFrame:
    """`history` plus `<type>_prior`: events of the type per exposure over the whole population in 28 days.

    Sources without exposures get no such columns, and no rate is built on them.
    """
    exposures = [kind for kind, role in roles.items() if role == "exposure"]
    if not exposures:
        return history
    shown = sum((F.sum(f"{kind}_count_28d") for kind in exposures), F.lit(0))
    priors = history.agg(
        *(
            F.coalesce(F.try_divide(F.sum(f"{kind}_count_28d"), shown), F.lit(0.0)).alias(f"{kind}_prior")
            for kind, role in roles.items()
            if role != "exposure"
        )
    )
    return history.crossJoin(F.broadcast(priors))

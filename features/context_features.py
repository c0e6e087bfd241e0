"""How often what is shown is taken, by view (`features.views`), as of a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from features.arrays import Users
from features.facts import Facts
from features.priors import POOLED_STRENGTH, fit_priors, smoothed
from features.user_batches import KEY, users_of, whole_users
from features.views import HOUR, NO_OTHER, TAKEN, View, followers, statistics, views

PAIR = ("view", "key", "other")
HOURS = 24


def view_sums(daily: DataFrame, catalogue: DataFrame, *, facts: Facts) -> DataFrame:
    """Grain: view x key x other, over the rows of `context_daily` of the window, with their sums; worth persisting.

    catalogue: item_id and the groups' names. Views of a user and a group are summed over the group's items.
    """
    groups = [
        F.struct(F.lit(View("user_id", group).name).alias("view"), F.col(group).alias("other"))
        for group in facts.groups
    ]
    taken = F.col("view") == TAKEN.name
    if groups:
        of_groups = (
            daily.where(taken)
            .join(catalogue.select(F.col("item_id").alias("other"), *facts.groups), "other")
            .withColumn("group", F.explode(F.array(*groups)))
            .withColumns({"view": F.col("group.view"), "other": F.col("group.other")})
            .where("other IS NOT NULL")
        )
        daily = daily.where(~taken).union(of_groups.select(*daily.columns))
    else:
        daily = daily.where(~taken)
    counts = [F.sum(f"{name}_count").alias(f"{name}_count") for name in ("exposure", *followers(facts))]
    dwell = F.sum(F.col("dwell_log_sum").cast("decimal(28,6)")).cast("double").alias("dwell_log_sum")
    return daily.groupBy(*PAIR).agg(*counts, dwell, F.sum("dwell_count").alias("dwell_count"))


def view_statistics(sums: DataFrame, *, facts: Facts) -> DataFrame:
    """Grain: row of `view_sums`. Columns: view, key, other, then those of `features.views.statistics` as float.

    Rates are drawn to the Beta prior of their view (`features.priors`); a mean dwell to that of all exposures of
    the view, as if `POOLED_STRENGTH` of these stood beside its own.
    """
    rates = {f"{name}_rate": (f"{name}_count", "exposure_count") for name in followers(facts)}
    logs = F.coalesce("dwell_log_sum", F.lit(0.0))
    columns: dict[str, Column] = {
        "count": F.col("exposure_count"),
        **{name: smoothed(name, hits, tries) for name, (hits, tries) in rates.items()},
        "dwell_mean": (logs + POOLED_STRENGTH * F.col("_dwell")) / (F.col("dwell_count") + POOLED_STRENGTH),
    }
    # Decimals, for doubles would add up to another sum in another order of the rows.
    all_logs = F.sum(F.col("dwell_log_sum").cast("decimal(28,6)")).cast("double")
    dwell = sums.groupBy("view").agg(F.try_divide(all_logs, F.sum("dwell_count")).alias("_dwell"))
    known = sums.join(F.broadcast(fit_priors(sums, rates, "view")), "view").join(F.broadcast(dwell), "view")
    return known.select(*PAIR, *(columns[name].cast("float").alias(name) for name in statistics(facts)))


def value_codes(sums: DataFrame, item_codes: DataFrame, catalogue: DataFrame, *, facts: Facts) -> DataFrame:
    """Grain: column of a view x value. Columns: what, value (text), code (int): of items and their groups those of
    the directory, of hours the hour, of a context the position among those of the window.

    sums: of `view_sums`. item_codes: item_id, item_code, `<group>_code`. catalogue: item_id and the groups' names.
    """
    groups = catalogue.join(F.broadcast(item_codes), "item_id")
    parts = [
        item_codes.select(F.lit("item_id"), "item_id", "item_code"),
        sums.sparkSession.range(HOURS).select(F.lit(HOUR), F.col("id").cast("string"), F.col("id").cast("int")),
        *(
            groups.where(F.col(name).isNotNull()).select(F.lit(name).alias("what"), name, f"{name}_code").distinct()
            for name in facts.groups
        ),
        *(
            sums.where(F.col("view") == name).select(F.lit(name), "key", F.row_number().over(Window.orderBy("key")) - 1)
            for name in facts.context
        ),
    ]
    return reduce(DataFrame.union, parts).toDF("what", "value", "code")


def context_features(rows: DataFrame, codes: DataFrame, *, as_of: str, facts: Facts) -> DataFrame:
    """Grain: view without users x code x other_code. rows: of `view_statistics`. codes: of `value_codes`.

    Columns: ds, view, code, other_code (0 where there is no other), key (what the code stands for), then the
    statistics. What has no code, such as an item that isn't in the directory, is left out.
    """
    mine = [view for view in views(facts) if not view.of_user]
    known = _coded(
        _coded(rows, codes, {view.name: view.key for view in mine}, "key", "code"),
        *(codes, {view.name: view.other for view in mine}, "other", "other_code"),
    )
    return known.select(F.lit(as_of).alias("ds"), "view", "code", "other_code", "key", *statistics(facts))


def user_context_features(
    rows: DataFrame, codes: DataFrame, user_codes: DataFrame, *, as_of: str, facts: Facts
) -> DataFrame:
    """Grain: user of the directory. Columns: ds, user_code, and for each view of users `by_<view>_codes` (ascending
    codes of the other) with parallel arrays of `by_<view>_<statistic>`; empty where nothing was shown to the user.

    rows: of `view_statistics`. codes: of `value_codes`. user_codes: user_id, user_code.
    """
    of_users = [view for view in views(facts) if view.of_user]
    if not of_users:
        return user_codes.select(F.lit(as_of).alias("ds"), KEY)
    names = statistics(facts)
    number = _by_view({view.name: n for n, view in enumerate(of_users)})
    chosen = (
        _coded(rows, codes, {view.name: view.other for view in of_users}, "other", "other_code")
        .join(user_codes.withColumnRenamed("user_id", "key"), "key")
        .select(KEY, number.alias("number"), "other_code", *names)
        .repartition(KEY)
        .sortWithinPartitions(KEY, "number", "other_code")
    )

    def arrays(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in whole_users(batches):
            (found, owners), numbers = users_of(batch), batch["number"].to_numpy()
            users, columns = Users(len(found)), {KEY: pa.array(found)}
            for n, view in enumerate(of_users):
                mine, places = pa.array(numbers == n), owners[numbers == n]
                columns[f"by_{view.name}_codes"] = users.lists(places, batch["other_code"].filter(mine))
                columns |= {f"by_{view.name}_{name}": users.lists(places, batch[name].filter(mine)) for name in names}
            yield pa.RecordBatch.from_pydict(columns)

    types = {
        column: kind
        for view in of_users
        for column, kind in ((f"by_{view.name}_codes", "int"), *((f"by_{view.name}_{name}", "float") for name in names))
    }
    schema = ", ".join([f"{KEY} int", *(f"`{name}` array<{kind}>" for name, kind in types.items())])
    all_users = user_codes.select(KEY).join(chosen.mapInArrow(arrays, schema), KEY, "left")
    lists = [F.coalesce(F.col(name), F.array().cast(f"array<{kind}>")).alias(name) for name, kind in types.items()]
    return all_users.select(F.lit(as_of).alias("ds"), KEY, *lists)


def _coded(rows: DataFrame, codes: DataFrame, what: Mapping[str, str], column: str, code: str) -> DataFrame:
    """The rows of some views, with the code of a column. what: view -> what stands there, or `NO_OTHER`: nothing."""
    named = codes.select(F.col("what").alias("_what"), F.col("value").alias(column), F.col("code").alias(code))
    chosen = rows.where(F.col("view").isin(list(what))).withColumn("_what", _by_view(what))
    joined = chosen.join(F.broadcast(named), ["_what", column], "left").drop("_what")
    none = F.when(F.col(column) == NO_OTHER, 0).otherwise(F.col(code))
    return joined.withColumn(code, none).where(F.col(code).isNotNull())


def _by_view(values: Mapping[str, str | int]) -> Column:
    return F.create_map(*(F.lit(part) for pair in values.items() for part in pair))[F.col("view")]

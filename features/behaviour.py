"""behaviour_features: what each user did with each item, and with each group of items, as arrays per user.

Plain arrays, some users at a time: both of the inputs lie in the order of users and are read by them, so nothing has to
travel. As Spark's joins, sorts and mapInArrow this took several times as long.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import Runs, Users, ages, floats, numbers, places, sorted_by, whole
from features.expressions import evaluate
from features.facts import Facts
from features.spec import UNITS
from features.specs import GROUPS, SHOWN, affinity_features, pair_features, shown_features

PREFERRED = 3  # groups of a user that are named as preferred
ITEM_COLUMNS = ("item_id", "item_code", *(f"{group}_code" for group in GROUPS))
SHOWN_COLUMNS = ("event_day", "user_id", "item_id", "event_count", "dwell_log_sum", "dwell_count")
Families = dict[str, pa.ListArray]


def build_behaviour_features(
    user_features: pa.Table,
    user_item_history: pa.Table,
    exposures_daily: pa.Table | None = None,
    *,
    items: pa.Table,
    shown_from: str,
    as_of: str,
    facts: Facts,
    last_items: int,
) -> pa.Table:
    """Grain: user of the directory, sorted by user_code. Arrays of one family are parallel and ascend by their code.

    user_features: user_id, user_code of some users. user_item_history, exposures_daily: all rows of these, the latter
    (`SHOWN_COLUMNS`) from day `shown_from` on; None where no exposures are logged. items: `ITEM_COLUMNS` of all items.
    Columns: ds, user_code; item_codes, one array of float per feature of `features.specs.pair_features`;
    last_item_codes, last_item_times: the items of the user's last positive events, at most `last_items`, newest first,
    with their times (seconds since 1970); for each group `<group>_codes`, `<group>_<feature>` of
    `features.specs.affinity_features`, `<group>_preferred` (codes of the largest shares, best first); where exposures
    are logged `shown_codes`, `shown_<feature>` of `features.specs.shown_features`. A null element is a missing value; a
    user without rows in a family has empty arrays there.
    """
    directory = user_features.sort_by("user_code")
    users = Users(directory.num_rows)
    rows = _Rows(user_item_history, directory, items)
    families = {"item_codes": users.lists(rows.places, rows.items)}
    for feature in pair_features(facts):
        families[feature.name] = users.lists(rows.places, floats(rows.values(feature.sql)))
    families |= _last_items(users, rows, last_items)
    for group in facts.groups:
        families |= _affinities(users, rows, group, facts)
    if shown_features(facts) and exposures_daily is not None:
        age = ages(exposures_daily["event_day"], as_of)
        happened = exposures_daily.append_column("age", pa.array(age)).filter(
            pa.array((age >= 0) & (age <= ages(pa.chunked_array([[shown_from]]), as_of)[0]))
        )
        families |= _shown(users, _Rows(happened, directory, items), facts)
    return pa.table({"ds": pa.repeat(as_of, users.count), "user_code": directory["user_code"], **families})


class _Rows:
    """Rows of users of the directory with items of the directory, sorted by both.

    places: (rows,), the users' in the directory. items: (rows,), item codes.
    """

    def __init__(self, rows: pa.Table, directory: pa.Table, items: pa.Table) -> None:
        whose, what = places(rows["user_id"], directory["user_id"]), places(rows["item_id"], items["item_id"])
        known = np.flatnonzero(pc.and_(whose.is_valid(), what.is_valid()).to_numpy(zero_copy_only=False))
        owners, found = (pc.fill_null(column, -1).to_numpy().take(known) for column in (whose, what))
        codes = items["item_code"].to_numpy().take(found)
        order = sorted_by(owners, codes)
        self.places, self.items = owners.take(order), codes.take(order)
        self._rows = rows.drop_columns(["user_id", "item_id"]).take(pa.array(known.take(order))).combine_chunks()
        self._catalogue, self._found = items, found.take(order)

    def numbers(self, name: str) -> np.ndarray:
        return numbers(self._rows, name)

    def values(self, expression: str) -> np.ndarray:
        """Whole numbers stay whole without nulls, a null is NaN."""
        found = evaluate(expression, lambda name: self._rows[name].combine_chunks(), len(self.places))
        return found.to_numpy(zero_copy_only=False)

    def catalogue(self, name: str) -> np.ndarray:
        """What the items' table says of each row's item; NaN where it says nothing."""
        return numbers(self._catalogue, name).take(self._found)


def _last_items(users: Users, rows: _Rows, count: int) -> Families:
    times = rows.numbers("last_time")
    taken = np.flatnonzero(~np.isnan(times))
    owners, items, times = rows.places.take(taken), rows.items.take(taken), times.take(taken).astype(np.int64)
    order = sorted_by(owners, times.max(initial=0) - times)  # of the same time the items ascend, as they stand
    order = order[users.first(owners.take(order), count)]
    values = {"last_item_codes": items, "last_item_times": times}
    return {name: users.lists(owners.take(order), column.take(order)) for name, column in values.items()}


def _affinities(users: Users, rows: _Rows, group: str, facts: Facts) -> Families:
    codes = rows.catalogue(f"{group}_code")
    taken = np.flatnonzero(~np.isnan(codes) & ~np.isnan(rows.numbers("last_time")))
    runs = Runs(rows.places, np.nan_to_num(codes).astype(np.int32), taken)
    families, days = {f"{group}_codes": users.lists(runs.places, runs.codes)}, np.empty(0, np.int64)
    for feature in affinity_features(facts):
        parts = [rows.values(sql) for sql in feature.sql.split(", ")]
        if feature.aggregation == "share":
            values, days = runs.share(*parts), runs.reduce("sum", *parts)
        elif feature.aggregation == "due":
            values = runs.due(parts[0], parts[1], parts[2:])
        else:
            values = runs.reduce(feature.aggregation, *parts)
        families[f"{group}_{feature.name}"] = users.lists(runs.places, floats(values))
    order = sorted_by(runs.places, days.max(initial=0) - days)  # of equal shares the codes ascend, as they stand
    order = order[users.first(runs.places[order], PREFERRED)]
    families[f"{group}_preferred"] = users.lists(runs.places[order], runs.codes[order])
    return families


def _shown(users: Users, rows: _Rows, facts: Facts) -> Families:
    runs = Runs(rows.places, rows.items)
    families = {f"{SHOWN}_codes": users.lists(runs.places, runs.codes)}
    for feature in shown_features(facts):
        values = SHOWN_VALUES[feature.aggregation](runs, rows)
        families[f"{SHOWN}_{feature.name}"] = users.lists(runs.places, floats(values))
    return families


def _mean_dwell(runs: Runs, rows: _Rows) -> np.ndarray:
    logs, count = np.nan_to_num(rows.numbers("dwell_log_sum")), rows.numbers("dwell_count")
    sums, counts = runs.reduce("sum", whole(logs * float(UNITS["dwell"]))), runs.reduce("sum", count)
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0) / UNITS["dwell"]


SHOWN_VALUES: dict[str, Callable[[Runs, _Rows], np.ndarray]] = {
    "count": lambda runs, rows: runs.reduce("sum", rows.numbers("event_count")),
    "recency": lambda runs, rows: runs.reduce("min", rows.numbers("age")),
    "mean": _mean_dwell,
}

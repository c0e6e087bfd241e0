"""Directories of items and users as of `AS_OF`, as the jobs build them from small tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import pyarrow as pa

from features.entities import entity_priors
from features.facts import Facts
from features.freshness import fresh_shares
from features.items import build_item_features, item_totals
from features.specs import user_features
from features.users import build_user_features, user_sums
from tests.features.support import AS_OF, FACTS, day

PROFILES = pa.schema([("user_id", pa.string()), ("profile", pa.map_(pa.string(), pa.string()))])

# item, category, subcategory, brand, price, day of creation
Item = tuple[str, str | None, str | None, str | None, float | None, str | None]


def catalogue(rows: Iterable[Item], numbers: Mapping[str, Mapping[str, float]] | None = None) -> pa.Table:
    """numbers: item -> what else is known of it."""
    kinds = {
        "item_id": pa.string(),
        **dict.fromkeys(("category", "subcategory", "brand"), pa.string()),
        "price": pa.float64(),
        "created_on": pa.date32(),
        "numbers": pa.map_(pa.string(), pa.float64()),
    }
    more = numbers or {}
    values = [
        (item, *rest, dt.date.fromisoformat(born) if born else None, list(more.get(item, {}).items()))
        for item, *rest, born in rows
    ]
    return pa.Table.from_pylist([dict(zip(kinds, row, strict=True)) for row in values], pa.schema(list(kinds.items())))


def profiles(rows: Mapping[str, Mapping[str, str]]) -> pa.Table:
    """user -> attributes."""
    return pa.Table.from_pylist([{"user_id": u, "profile": list(of.items())} for u, of in rows.items()], PROFILES)


def built_items(
    daily: pa.Table, history: pa.Table, taken: pa.Table, items: pa.Table, *, first: str, facts: Facts = FACTS
) -> pa.Table:
    """taken: user_item_daily of the last seven days, or of more."""
    fresh = fresh_shares([taken], first=day(6), as_of=AS_OF, time_zone="UTC", facts=facts)
    totals = item_totals([daily], [history], fresh, first=first, as_of=AS_OF, facts=facts)
    return build_item_features(totals, items, as_of=AS_OF, facts=facts)


def built_users(
    daily: pa.Table, history: pa.Table, users: pa.Table, items: pa.Table, *, first: str, facts: Facts = FACTS
) -> pa.Table:
    pairs = [pair for of in users["profile"].to_pylist() for pair in of]
    values = {name: sorted({value for found, value in pairs if found == name}) for name in facts.profile}
    window = {"first": first, "as_of": AS_OF, "facts": facts}
    sums = user_sums(daily, history, users, items=items, values=values, **window)
    return build_user_features(
        sums, entity_priors([sums], user_features(facts)), first_code=0, as_of=AS_OF, facts=facts
    )

"""What re-ranking is given: a row for each user, and what rules know of the night besides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from features.specs import GROUPS, shown_features
from jobs.profiles import profile_values
from jobs.runtime.context import Context
from models.rerank import load_rule
from models.rerank.final import Reranker
from models.rerank.night import NAME, UNKNOWN, Night, Target
from models.rerank.rows import DISLIKED, OWN, PROFILE, SHOWN, SINCE, TAKEN, TIMES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CAMPAIGN = ("number", "action", "target", "value", "segment", "position", "factor")


def reranker_of(ctx: Context) -> Reranker:
    """The night's rules, in this process; workers get a copy. It grows with items, never with users."""
    settings, night = ctx.config.get("rerank"), _night(ctx)
    return Reranker([load_rule(name)(getattr(settings, name), night) for name in settings.rules], night)


def user_rows(ctx: Context) -> DataFrame:
    """Grain: user with a ranking; the columns of `models.rerank.rows.block_of` and user_id."""
    facts, data = ctx.config.facts, ctx.config.data
    columns = {OWN: "item_codes", TAKEN: "positive_days"}
    if data.repeats:
        columns[SINCE] = "days_since_last"
    for number, kind in enumerate(data.events.with_role("negative")):
        columns[f"{DISLIKED}{number}"] = f"{kind}_count_history"
    if shown := shown_features(facts):
        columns |= {SHOWN: "shown_codes", TIMES: f"shown_{shown[0].name}"}
    behaviour = ctx.read("behaviour_features").select("user_code", *(F.col(c).alias(n) for n, c in columns.items()))
    profile = [f"{PROFILE}{attribute}" for attribute in _segmented(ctx)]
    users = ctx.read("user_features").select("user_code", "user_id", *profile)
    return ctx.read("rankings").drop("ds").join(users, "user_code").join(behaviour, "user_code")


def item_groups(ids: pa.Array, items: pa.Table) -> dict[str, tuple[np.ndarray, list[str]]]:
    """`NAME` and each of `GROUPS` -> (codes of the items, `UNKNOWN` where nothing is known; what each code stands for).

    ids: (n,) of the directory. items: item_id, name and groups, in any order. Names are compared without regard to
    upper and lower case and to blanks around them.
    """
    rows = pc.index_in(ids, value_set=items["item_id"].combine_chunks())
    found = {}
    for group in (NAME, *GROUPS):
        values = items[group].combine_chunks().take(rows)
        if group == NAME:
            values = pc.utf8_lower(pc.utf8_trim_whitespace(values))
        coded = values.dictionary_encode()
        codes = coded.indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False).astype(np.int32)
        found[group] = codes, coded.dictionary.to_pylist()
    return found


def targets(
    rows: Sequence[Mapping[str, Any]],
    ids: pa.Array,
    groups: Mapping[str, tuple[np.ndarray, list[str]]],
    segments: Mapping[str, list[str]],
) -> tuple[list[Target], list[str]]:
    """Campaigns in the codes of the day, and a sentence for each of which nobody or nothing is known today.

    rows: `CAMPAIGN`, in order. segments: attribute -> its values in the order of their codes.
    """
    found, notes = list[Target](), list[str]()
    known = {item: code for code, item in enumerate(ids.to_pylist())} if rows else {}
    for row in rows:
        target, value, segment = row["target"], row["value"], None
        what = f"campaign {row['number']}, to {row['action']} the {target} {value!r}"
        items: np.ndarray
        if target == "item_id":
            items = np.array([known[value]] if value in known else [], np.int32)
        else:
            codes, names = groups[target]
            items = np.flatnonzero(codes == names.index(value)) if value in names else np.array([], np.int32)
        if row["segment"]:
            attribute, _, name = row["segment"].partition("=")
            if name not in segments.get(attribute, []):
                notes.append(f"{what}, is for {row['segment']}, and there is no such user today: it does nothing")
                continue
            segment = f"{PROFILE}{attribute}", segments[attribute].index(name)
        if not len(items):
            notes.append(f"{what}: nothing of it had an event in the window, so no list can have it: it does nothing")
            continue
        found.append(Target(row["action"], items, segment, row["position"] or 0, row["factor"] or 1.0))
    return found, notes


def _night(ctx: Context) -> Night:
    facts, day = ctx.config.facts, dt.date.fromisoformat(ctx.ds) + dt.timedelta(1)
    taken = [f"{kind}_count_history" for kind in ctx.config.data.events.with_role("positive")]
    more = ["age_days"] if facts.created else []
    known = ctx.read_arrow("item_features", ["item_code", "item_id", *taken, *more]).sort_by("item_code")
    ids = known["item_id"].combine_chunks()
    items = ctx.read_arrow("items", ["item_id", NAME, *GROUPS, "available"])
    groups = item_groups(ids, items)
    gone = items.filter(pc.equal(items["available"], False))["item_id"].combine_chunks()
    segments = profile_values(ctx) if _segmented(ctx) else {}
    campaigns, notes = targets(_campaigns(ctx), ids, groups, segments)
    for note in notes:
        ctx.say(f"warning: {note}.")
    return Night(
        item_ids=ids,
        groups={group: codes for group, (codes, _) in groups.items()},
        ages=known["age_days"].to_numpy() if facts.created else np.full(len(ids), np.nan, np.float32),
        available=~pc.is_in(ids, value_set=gone).to_numpy(zero_copy_only=False),
        popular=_popular(ctx, np.sum([known[name].to_numpy() for name in taken], axis=0)),
        n=ctx.config.topn.n,
        day=day.toordinal(),
        repeats=ctx.config.data.repeats,
        seed=ctx.config.get("rerank.seed"),
        campaigns=tuple(campaigns),
    )


def _popular(ctx: Context, taken: np.ndarray) -> np.ndarray:
    """(items,) all codes: those of the popular list, then the others by how often they were taken in the window."""
    listed = ctx.read_arrow("popular_items", ["rank", "item_code"]).sort_by("rank")["item_code"].to_numpy()
    others = np.setdiff1d(np.arange(len(taken)), listed)
    return np.concatenate([listed, others[np.argsort(-taken[others], kind="stable")]]).astype(np.int32)


def _campaigns(ctx: Context) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ctx.read_arrow("campaigns", CAMPAIGN).sort_by("number").to_pylist()
    return rows


def _segmented(ctx: Context) -> list[str]:
    """The attributes of users that campaigns name."""
    return sorted({row["segment"].partition("=")[0] for row in _campaigns(ctx) if row["segment"]})

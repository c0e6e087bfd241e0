"""Contracts from recall to the published lists, and of how they did."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from features import specs
from features.facts import Facts
from jobs.contract import Check, Column, Table
from jobs.errors import UsageError
from jobs.graph import recall_table
from jobs.tables.columns import DS, ITEM_CODE, ITEM_CODES, ITEM_ID, USER_CODE, USER_ID
from models.recall import evidence_names

INTERACTIONS = Table(
    "interactions",
    "user x item x day with a positive event",
    ("user_code", "item_code", "age"),
    (
        DS,
        USER_CODE,
        ITEM_CODE,
        Column("age", "int", "days before ds"),
        Column("hours", "int", "whole hours from the day's last positive event to the end of ds"),
        Column("weight", "float", "summed event weights of the day"),
    ),
    (Check("age", 0), Check("hours", 0), Check("weight", 1e-9)),
)
SAMPLE_COLUMNS = ("ds", "user_code", "item_code", "label", "weight")  # those that are no features
RANKER = "ranker"  # no table: a folder of the model's own files, partitioned by ds like one
RANKINGS = Table(
    "rankings",
    "user with candidates",
    ("user_code",),
    (
        DS,
        USER_CODE,
        Column("item_codes", "array<int>", "the candidates that the coarse ranker kept, best first"),
        Column("scores", "array<float>", "the ranker's probability, parallel to item_codes, descending"),
    ),
)
TOPN = Table(
    "topn",
    "user with a list",
    ("user_id",),
    (
        DS,
        USER_ID,
        USER_CODE,
        Column("item_ids", "array<string>", "the final list, best first"),
        Column("item_codes", "array<int>", "codes of item_ids"),
        Column("scores", "array<float>", "the ranker's probability, parallel to item_ids; null for an item without"),
        Column("placed_by", "array<string>", "ranker, fill, new or pinned (models/rerank), parallel to item_ids"),
    ),
)
SHARED_ITEMS = Table(
    "shared_items",
    "channel that recommends the same to everyone x rank",
    ("source", "rank"),
    (
        DS,
        Column("source", "string", "the recall channel"),
        Column("rank", "int", "1 is the best"),
        ITEM_CODE,
        Column("score", "float", "decayed user-days"),
    ),
)
POPULAR_ITEMS = Table(
    "popular_items",
    "rank in the shared list that strangers are given",
    ("rank",),
    (
        DS,
        Column("rank", "int", "1 is the most popular"),
        ITEM_ID,
        ITEM_CODE,
        Column("score", "float", "decayed user-days"),
    ),
)
PUBLICATIONS = Table(
    "publications",
    "version that the day's run wrote, or decided not to",
    ("scene",),
    (
        DS,
        Column("scene", "string", "where the lists are shown"),
        Column("version", "string", "id of the version"),
        Column("users", "bigint", "lists in the version"),
        Column("checksum", "string", "digest of the lists"),
    ),
)
REPLAY_METRICS = Table(
    "replay_metrics",
    "list source x metric",
    ("source", "metric"),
    (
        DS,
        Column("source", "string", "topn, or a recall channel alone"),
        Column("metric", "string", "with its cut-off, such as ndcg_at_10"),
        Column("value", "double", "mean over the users"),
        Column("users", "bigint", "users with a positive event on ds"),
    ),
    (Check("value", 0.0, 1.0),),
    may_be_empty=True,
)


def list_tables(channels: Sequence[str], facts: Facts) -> tuple[Table, ...]:
    return (
        INTERACTIONS,
        *(_recall(channel) for channel in channels),
        _candidates(channels),
        _samples(channels, facts),
        *(RANKINGS, TOPN, SHARED_ITEMS, POPULAR_ITEMS, PUBLICATIONS, REPLAY_METRICS),
    )


def _recall(channel: str) -> Table:
    columns = (DS, USER_CODE, ITEM_CODES, Column("scores", "array<float>", "the channel's score, descending"))
    return Table(recall_table(channel), "user of the directory", ("user_code",), columns)


def _candidates(channels: Sequence[str]) -> Table:
    evidence = [
        Column(name, "array<float>", "parallel to item_codes; NaN: not recalled") for name in evidence_names(channels)
    ]
    columns = (DS, USER_CODE, ITEM_CODES, *evidence)
    return Table("candidates", "user of the directory", ("user_code",), columns)


def static_feature_names(facts: Facts) -> list[str]:
    """The features of a user and an item, whatever they are for, in their order, prefixed by where they come from."""
    affinities = {group: specs.affinity_features(facts) for group in facts.groups}
    affinities |= {specs.SHOWN: shown} if (shown := specs.shown_features(facts)) else {}
    return [
        *(f"user_{f.name}" for f in specs.user_features(facts)),
        *(f"user_profile_{name}" for name in facts.profile),
        *(f"item_{f.name}" for f in specs.all_item_features(facts)),
        *(f"pair_{f.name}" for f in specs.pair_features(facts) if f.ranked),
        *(f"{group}_{f.name}" for group in sorted(affinities) for f in affinities[group]),
        *(f"match_{f.name}" for f in specs.match_features(facts)),
    ]


def sample_feature_names(channels: Sequence[str], facts: Facts) -> list[str]:
    """The ranker's features in their order."""
    return [
        *static_feature_names(facts),
        *(f"list_{f.name}" for f in specs.context_features(facts)),
        *evidence_names(channels),
    ]


def kept_features(samples: Table, dropped: Sequence[str]) -> list[str]:
    """The features that the ranker is given: those of the samples' contract save the dropped ones (`rank.drop`).

    Raises UsageError for a name that is no feature.
    """
    names = [name for name in samples.names if name not in SAMPLE_COLUMNS]
    unknown = [name for name in dropped if name not in names]
    if unknown:
        near = [close[0] for name in unknown if (close := get_close_matches(name, names, 1))]
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise UsageError(f"rank.drop names {', '.join(unknown)}, which the samples don't have{hint}.")
    return [name for name in names if name not in dropped]


def _samples(channels: Sequence[str], facts: Facts) -> Table:
    features = [
        Column(name, "float", "as of the day before the label window", "missing")
        for name in sample_feature_names(channels, facts)
    ]
    columns = (
        *(DS, USER_CODE, ITEM_CODE),
        Column("label", "float", "1 when a positive event followed in the label window"),
        Column("weight", "float", "weight in training"),
        *features,
    )
    return Table(
        "samples", "user x item shown or proposed", ("user_code", "item_code"), columns, (Check("label", 0.0, 1.0),)
    )

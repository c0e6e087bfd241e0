"""Every table's contract as plain data. All tables are partitioned by `ds`, which is also their first column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features import specs
from jobs.contract import Check, Column, Table
from jobs.graph import recall_table
from models.recall import evidence_names

NOT_LOGGED = "not logged"
UNKNOWN = "the catalogue doesn't say"


DS = Column("ds", "string", "business day, YYYY-MM-DD")
USER_ID = Column("user_id", "string", "the source's user id")
ITEM_ID = Column("item_id", "string", "the source's item id")
EVENT_TYPE = Column("event_type", "string", "one of the data set's event types")
USER_CODE = Column("user_code", "int", "position of the user in user_features of the day")
ITEM_CODE = Column("item_code", "int", "position of the item in item_features of the day")
ITEM_CODES = Column("item_codes", "array<int>", "item codes of the day")

EVENTS = Table(
    "events",
    "event",
    (),
    (
        DS,
        USER_ID,
        ITEM_ID,
        EVENT_TYPE,
        Column("event_time", "timestamp", "when it happened"),
        Column("value", "double", "money of the source", NOT_LOGGED),
        Column("dwell_seconds", "double", "seconds", NOT_LOGGED),
    ),
    (Check("dwell_seconds", 0.0, level="warn"),),
    may_be_empty=True,
)
REJECTS = Table(
    "rejects",
    "raw line that was not understood",
    (),
    (
        DS,
        Column("file", "string", "name of the raw file"),
        Column("reason", "string", "why it was rejected"),
        Column("line", "string", "the raw text, cut at 2,000 characters"),
    ),
    may_be_empty=True,
)
USER_ITEM_DAILY = Table(
    "user_item_daily",
    "user x item x event type",
    ("user_id", "item_id", "event_type"),
    (
        DS,
        USER_ID,
        ITEM_ID,
        EVENT_TYPE,
        Column("event_count", "bigint", "events"),
        Column("value_sum", "double", "money of the source", "no event carried a value"),
        Column("value_count", "bigint", "events that carried a value"),
        Column("dwell_seconds_sum", "double", "seconds", NOT_LOGGED),
    ),
    (Check("event_count", 1),),
    may_be_empty=True,
)
ITEMS = Table(
    "items",
    "item known on the day",
    ("item_id",),
    (
        DS,
        ITEM_ID,
        Column("name", "string", "for people", UNKNOWN),
        Column("category", "string", "broad group", UNKNOWN),
        Column("subcategory", "string", "narrow group", UNKNOWN),
        Column("brand", "string", "brand, author or maker", UNKNOWN),
        Column("price", "double", "money of the source", UNKNOWN),
        Column("created_on", "date", "first day of the item", UNKNOWN),
    ),
    (Check("price", 0.0, level="warn"),),
    may_be_empty=True,
)
USERS = Table(
    "users",
    "user known on the day",
    ("user_id",),
    (DS, USER_ID, Column("profile", "map<string,string>", "attribute to value; unknown ones left out")),
    may_be_empty=True,
)
INTERACTIONS = Table(
    "interactions",
    "user x item x day with a positive event",
    ("user_code", "item_code", "age"),
    (
        DS,
        USER_CODE,
        ITEM_CODE,
        Column("age", "int", "days before ds"),
        Column("weight", "float", "summed event weights of the day"),
    ),
    (Check("age", 0), Check("weight", 1e-9)),
)
RANKER = "ranker"  # no table: a folder of the model's own files, partitioned by ds like one
RANKINGS = Table(
    "rankings",
    "user with candidates",
    ("user_code",),
    (
        DS,
        USER_CODE,
        Column("item_codes", "array<int>", "all candidates, best first"),
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
        Column("scores", "array<float>", "the ranker's probability, parallel to item_ids"),
    ),
)
POPULAR_ITEMS = Table(
    "popular_items",
    "rank",
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


def tables(channels: Sequence[str], roles: Mapping[str, str], profile: Sequence[str]) -> dict[str, Table]:
    """Every contract, for the recall channels, the event types (name -> role) and the user attributes in use."""
    listed = (
        *(EVENTS, REJECTS, USER_ITEM_DAILY, ITEMS, USERS, _user_item_history(roles)),
        *(_user_features(roles, profile), _item_features(roles), _behaviour_features(roles), INTERACTIONS),
        *(_recall(channel) for channel in channels),
        *(_candidates(channels), _samples(channels, roles, profile)),
        *(RANKINGS, TOPN, POPULAR_ITEMS, PUBLICATIONS, REPLAY_METRICS),
    )
    return {table.name: table for table in listed}


def _floats(features: Sequence[specs.Feature], prefix: str = "") -> list[Column]:
    return [Column(prefix + f.name, "float", f.about, f.null or "the same as missing") for f in features]


def _arrays(features: Sequence[specs.Feature], prefix: str = "") -> list[Column]:
    return [Column(prefix + f.name, "array<float>", f.about) for f in features]


def _user_item_history(roles: Mapping[str, str]) -> Table:
    counts = [Column(f.name, "bigint", f.about, f.null) for f in specs.pair_features(roles)]
    columns = (
        *(DS, USER_ID, ITEM_ID, *counts),
        Column("value_sum", "double", "money of the source", "no event carried a value"),
        Column("value_count", "bigint", "events that carried a value"),
    )
    return Table("user_item_history", "user x item of the window", ("user_id", "item_id"), columns)


def _user_features(roles: Mapping[str, str], profile: Sequence[str]) -> Table:
    attributes = [
        Column(f"profile_{name}", "float", f"position of the user's {name} in the order of its values", "unknown")
        for name in profile
    ]
    columns = (DS, USER_CODE, USER_ID, *_floats(specs.user_features(roles)), *attributes)
    return Table("user_features", "user with an event in the window", ("user_code",), columns)


def _item_features(roles: Mapping[str, str]) -> Table:
    groups = [
        Column(f"{group}_code", "int", f"position of the {group} in their order", UNKNOWN) for group in specs.GROUPS
    ]
    columns = (DS, ITEM_CODE, ITEM_ID, *groups, *_floats(specs.item_features(roles)))
    return Table("item_features", "item with an event in the window", ("item_code",), columns)


def _behaviour_features(roles: Mapping[str, str]) -> Table:
    groups = [
        column
        for group in specs.GROUPS
        for column in (
            Column(f"{group}_codes", "array<int>", f"codes of {group}, ascending"),
            *_arrays(specs.affinity_features(), f"{group}_"),
        )
    ]
    columns = (DS, USER_CODE, ITEM_CODES, *_arrays(specs.behaviour_features(roles)), *groups)
    return Table("behaviour_features", "user of the directory", ("user_code",), columns)


def _recall(channel: str) -> Table:
    columns = (DS, USER_CODE, ITEM_CODES, Column("scores", "array<float>", "the channel's score, descending"))
    return Table(recall_table(channel), "user of the directory", ("user_code",), columns)


def _candidates(channels: Sequence[str]) -> Table:
    evidence = [
        Column(name, "array<float>", "parallel to item_codes; NaN: not recalled") for name in evidence_names(channels)
    ]
    columns = (DS, USER_CODE, ITEM_CODES, *evidence)
    return Table("candidates", "user of the directory", ("user_code",), columns)


def sample_feature_names(channels: Sequence[str], roles: Mapping[str, str], profile: Sequence[str]) -> list[str]:
    """The ranker's features in their order, prefixed by where they come from."""
    return [
        *(f"user_{f.name}" for f in specs.user_features(roles)),
        *(f"user_profile_{name}" for name in profile),
        *(f"item_{f.name}" for f in specs.item_features(roles)),
        *(f"pair_{f.name}" for f in specs.behaviour_features(roles)),
        *(f"{group}_{f.name}" for group in sorted(specs.GROUPS) for f in specs.affinity_features()),
        *evidence_names(channels),
    ]


def _samples(channels: Sequence[str], roles: Mapping[str, str], profile: Sequence[str]) -> Table:
    features = [
        Column(name, "float", "as of the day before the label window", "missing")
        for name in sample_feature_names(channels, roles, profile)
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

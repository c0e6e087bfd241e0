"""Contracts of what the click model learns from; they exist where a data set logs exposures."""

from __future__ import annotations

from features.facts import Facts
from features.views import context_columns, followers, statistics, view_columns, views
from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS, EVENT_DAY, ITEM_ID, NOT_LOGGED, USER_CODE, USER_ID
from jobs.tables.lists import static_feature_names

CLICK_MODEL = "click_model"  # no table: a folder of the model's own files, partitioned by ds like one
EXPOSED_AT = Column("exposed_at", "bigint", "when it was shown, seconds since 1970")
IMPRESSION_COLUMNS = ("ds", "user_code", "item_code", "exposed_at", "label", "positive", "weight")  # no features
OUTCOMES = Table(
    "outcomes",
    "event of an exposure type: one item in one impression",
    (),
    (
        *(DS, EVENT_DAY, USER_ID, ITEM_ID, EXPOSED_AT),
        Column("hour", "int", "hour of the business day, 0 to 23"),
        Column("context", "string", "as in events", NOT_LOGGED),
        Column("dwell_seconds", "double", "seconds, the longest of the exposure and what followed", NOT_LOGGED),
        Column("followed_by", "array<string>", "event types that followed before the next exposure, ascending"),
    ),
    may_be_empty=True,
)


def click_tables(facts: Facts) -> tuple[Table, ...]:
    return (
        OUTCOMES,
        _context_daily(facts),
        _context_features(facts),
        _user_context_features(facts),
        _impressions(facts),
    )


def click_feature_names(facts: Facts) -> list[str]:
    """The click model's features in their order: what the ranker knows without candidates, the context, the views."""
    return [*static_feature_names(facts), *context_columns(facts), *view_columns(facts)]


def _statistics(facts: Facts, kind: str = "float", prefix: str = "") -> list[Column]:
    return [Column(prefix + name, kind, about, "nothing logged") for name, about in statistics(facts).items()]


def _context_daily(facts: Facts) -> Table:
    keys = (
        Column("view", "string", "what is counted, one of features/views.py"),
        Column("key", "string", "value of the view's first column"),
        Column("other", "string", "value of its second column; empty where it has none"),
    )
    counts = (
        Column("exposure_count", "bigint", "exposures"),
        *(Column(f"{n}_count", "bigint", f"exposures that a {n} event followed") for n in followers(facts)),
        Column("dwell_log_sum", "double", "sum of log(1 + seconds)", NOT_LOGGED),
        Column("dwell_count", "bigint", "exposures with a dwell time"),
    )
    key = ("event_day", "view", "key", "other")
    grain = "day of the exposure x view x key x other, as delivered on ds"
    return Table(
        "context_daily",
        grain,
        key,
        (DS, EVENT_DAY, *keys, *counts),
        (Check("exposure_count", 1),),
        may_be_empty=True,
    )


def _context_features(facts: Facts) -> Table:
    columns = (
        DS,
        Column("view", "string", "one of features/views.py, of no user"),
        Column("code", "int", "item_code, hour, or position of the context among those of the window"),
        Column("other_code", "int", "hour or position of the context; 0 where the view has no other"),
        Column("key", "string", "what code stands for"),
        *_statistics(facts),
    )
    return Table("context_features", "view x code x other", ("view", "code", "other_code"), columns, may_be_empty=True)


def _user_context_features(facts: Facts) -> Table:
    arrays = [
        column
        for view in views(facts)
        if view.of_user
        for column in (
            Column(f"by_{view.name}_codes", "array<int>", f"codes of {view.other}, ascending"),
            *_statistics(facts, "array<float>", f"by_{view.name}_"),
        )
    ]
    return Table("user_context_features", "user of the directory", ("user_code",), (DS, USER_CODE, *arrays))


def _impressions(facts: Facts) -> Table:
    features = [
        Column(name, "float", "when and where it was shown, or as of the day before the label window", "missing")
        for name in click_feature_names(facts)
    ]
    columns = (
        DS,
        Column("user_code", "int", "as of the day before the label window; below 0 for one that the directory lacks"),
        Column("item_code", "int", "as of the day before the label window; -1 for one that the directory lacks"),
        EXPOSED_AT,
        Column("label", "float", "the target of clicks.target: what followed, from 0 to 1"),
        Column("positive", "float", "1 when a positive event followed, else 0"),
        Column("weight", "float", "1, or how many impressions of label 0 it stands for"),
        *features,
    )
    checks = (Check("label", 0.0, 1.0), Check("weight", 1.0))
    return Table("impressions", "item in one impression", (), columns, checks, may_be_empty=True)

"""Contracts of what the gates count, find and let through."""

from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS

TABLE_NAME = Column("table_name", "string", "the table that was looked at")
GATE = Column("gate", "string", "one of features.gates.GATES")
SUBJECT = Column("subject", "string", "what of the table: a column, an event type, a reason, a feature")


def _profile(name: str, grain: str, measures: str) -> Table:
    columns = (
        *(DS, TABLE_NAME),
        Column("measure", "string", measures),
        Column("subject", "string", "verdict, event type or column; empty: the table as a whole"),
        Column("rows", "bigint", "how many"),
    )
    return Table(name, grain, ("table_name", "measure", "subject"), columns, (Check("rows", 0),), may_be_empty=True)


def _findings(name: str, about: str) -> Table:
    columns = (
        *(DS, GATE, TABLE_NAME, SUBJECT),
        Column("observed", "double", "the value of the day", "there was nothing to measure"),
        Column("low", "double", "least value expected", "no such bound"),
        Column("high", "double", "greatest value expected", "no such bound"),
        Column("basis", "string", "where the range comes from, or why there is none"),
        Column("level", "string", "what a value outside means: fail or warn"),
        Column("verdict", "string", "pass, warn, fail, or not judged"),
    )
    return Table(name, f"gate x subject, {about}", ("gate", "table_name", "subject"), columns, may_be_empty=True)


def _accepted(name: str, of: str) -> Table:
    columns = (DS, GATE, TABLE_NAME, SUBJECT)
    return Table(
        name, f"failed finding of {of} that the run was told to accept", columns_of(columns), columns, (), True
    )


def columns_of(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(column.name for column in columns[1:])


EVENT_PROFILE = _profile("event_profile", "measure x subject of what a day brought", "records, events or no_<column>")
CATALOGUE_PROFILE = _profile(
    "catalogue_profile", "measure x subject of items and users", "rows, nulls, events or known_events"
)
FEATURE_PROFILE = Table(
    "feature_profile",
    "feature x bucket",
    ("table_name", "feature", "bucket"),
    (
        *(DS, TABLE_NAME),
        Column("feature", "string", "a column of the table"),
        Column("bucket", "int", "number of a range of values, as features.drift.buckets has them; -1: missing"),
        Column("rows", "bigint", "users or items whose value lies there"),
    ),
    (Check("rows", 1),),
    may_be_empty=True,
)

TABLES = (
    EVENT_PROFILE,
    CATALOGUE_PROFILE,
    _findings("health", "of what came in"),
    _accepted("gates", "health"),
    FEATURE_PROFILE,
    _findings("feature_health", "of the features"),
    _accepted("feature_gates", "feature_health"),
)

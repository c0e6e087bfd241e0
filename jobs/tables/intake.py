"""Contracts of what comes in: cleaned logs, what was rejected, the catalogue, and the days' counts."""

from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS, EVENT_DAY, EVENT_TYPE, ITEM_ID, NOT_LOGGED, UNKNOWN, USER_ID

FILE = Column("file", "string", "path of the raw file below the raw root")
EVENTS = Table(
    "events",
    "event, in the partition of the day whose files delivered it",
    (),
    (
        DS,
        EVENT_DAY,
        USER_ID,
        ITEM_ID,
        EVENT_TYPE,
        Column("event_time", "timestamp", "when it happened"),
        Column("value", "double", "money of the source", NOT_LOGGED),
        Column("dwell_seconds", "double", "seconds", "not logged, or outside of a day"),
        Column("scene", "string", "where it happened", NOT_LOGGED),
        Column("event_key", "bigint", "hash of what makes it the same event: its key, or the whole record"),
    ),
    (Check("dwell_seconds", 0.0, level="warn"),),
    may_be_empty=True,
)
REJECTS = Table(
    "rejects",
    "raw record that was not kept",
    (),
    (
        DS,
        FILE,
        Column("position", "bigint", "its line in the file, or its row, counted from 1"),
        Column("reason", "string", "why it was rejected, one of features/reasons.py"),
        Column("line", "string", "the raw text, cut at 2,000 characters"),
        Column("event_key", "bigint", "as in events", "it isn't a sound record"),
    ),
    may_be_empty=True,
)
INTAKE = Table(
    "intake",
    "raw file x what became of its records",
    ("file", "verdict"),
    (
        DS,
        FILE,
        Column("verdict", "string", "kept, or the reason of a reject"),
        Column("records", "bigint", "records; a file of none has 0 kept ones"),
        Column("late_records", "bigint", "records among them that happened before ds"),
        Column("file_bytes", "bigint", "bytes of the file, the same in each of its rows"),
    ),
    (Check("records", 0),),
    may_be_empty=True,
)
USER_ITEM_DAILY = Table(
    "user_item_daily",
    "day of the event x user x item x event type, as delivered on ds",
    ("event_day", "user_id", "item_id", "event_type"),
    (
        DS,
        EVENT_DAY,
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

TABLES = (EVENTS, REJECTS, INTAKE, USER_ITEM_DAILY, ITEMS, USERS)

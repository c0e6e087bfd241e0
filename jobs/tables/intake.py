"""Contracts of what comes in: cleaned logs, what was rejected, the catalogue, and the days' counts."""

from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS, EVENT_DAY, EVENT_TYPE, ITEM_ID, NOT_LOGGED, UNKNOWN, USER_ID

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

TABLES = (EVENTS, REJECTS, USER_ITEM_DAILY, ITEMS, USERS)

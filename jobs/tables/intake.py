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
        Column("variant", "string", "variant of the lists that were shown, or control", NOT_LOGGED),
        Column("context", "string", "JSON object: what the overlay names of where it was shown, as text", NOT_LOGGED),
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
_COUNT = Column("event_count", "bigint", "events")
_VALUES = (
    Column("value_sum", "double", "money of the source", "no event carried a value"),
    Column("value_count", "bigint", "events that carried a value"),
)
_DWELL = (
    Column("dwell_log_sum", "double", "sum of log(1 + seconds)", NOT_LOGGED),
    Column("dwell_count", "bigint", "events that carried a dwell time"),
)


def _daily(name: str, grain: str, keys: tuple[Column, ...], *more: Column) -> Table:
    columns = (DS, EVENT_DAY, *keys, _COUNT, *more)
    key = (EVENT_DAY.name, *(column.name for column in keys))
    grain = f"day of the event x {grain}, as delivered on ds"
    return Table(name, grain, key, columns, (Check("event_count", 1),), may_be_empty=True)


USER_ITEM_DAILY = _daily(
    "user_item_daily",
    "user x item x event type, exposures left out",
    (USER_ID, ITEM_ID, EVENT_TYPE),
    *_VALUES,
    *_DWELL,
    Column("last_time", "bigint", "when the last of them happened, seconds since 1970"),
)
EXPOSURES_DAILY = _daily("exposures_daily", "user x item x exposure type", (USER_ID, ITEM_ID, EVENT_TYPE), *_DWELL)
USER_DAILY = _daily(
    "user_daily",
    "user x event type x hour",
    (USER_ID, EVENT_TYPE, Column("hour", "int", "hour of the business day, 0 to 23")),
    *_VALUES,
    *_DWELL,
)
ITEM_DAILY = _daily("item_daily", "item x event type", (ITEM_ID, EVENT_TYPE), *_VALUES, *_DWELL)
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
        Column("available", "boolean", "whether it can be had", UNKNOWN),
        Column("numbers", "map<string,double>", "what else the overlay names; unknown ones left out"),
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

CAMPAIGNS = Table(
    "campaigns",
    "row of the campaign table in force for lists shown on the day after",
    ("number",),
    (
        DS,
        Column("number", "int", "its place among them, from 1, in the order of files and lines"),
        Column("action", "string", "pin, ban or boost"),
        Column("target", "string", "what is named: item_id, category, subcategory or brand"),
        Column("value", "string", "its name"),
        Column("segment", "string", "attribute=value of users", "everyone"),
        Column("position", "int", "place in the list, from 1", "no pin"),
        Column("factor", "double", "what the score is multiplied with", "no boost"),
        Column("start_day", "string", "first day on which lists are so, YYYY-MM-DD"),
        Column("end_day", "string", "last day on which lists are so, YYYY-MM-DD"),
    ),
    (Check("position", 1), Check("factor", 0.0)),
    may_be_empty=True,
)

TABLES = (EVENTS, REJECTS, INTAKE, USER_ITEM_DAILY, EXPOSURES_DAILY, USER_DAILY, ITEM_DAILY, ITEMS, USERS, CAMPAIGNS)

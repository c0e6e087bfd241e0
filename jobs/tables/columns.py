"""Columns that many tables share."""

from jobs.contract import Column

NOT_LOGGED = "not logged"
UNKNOWN = "the catalogue doesn't say"


DS = Column("ds", "string", "business day of the run, YYYY-MM-DD")
EVENT_DAY = Column("event_day", "string", "business day on which it happened, YYYY-MM-DD")
USER_ID = Column("user_id", "string", "the source's user id")
ITEM_ID = Column("item_id", "string", "the source's item id")
EVENT_TYPE = Column("event_type", "string", "one of the data set's event types")
USER_CODE = Column("user_code", "int", "position of the user in user_features of the day")
ITEM_CODE = Column("item_code", "int", "position of the item in item_features of the day")
ITEM_CODES = Column("item_codes", "array<int>", "item codes of the day")

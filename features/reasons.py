"""Why a record is rejected: every reason by its name, in the order in which they are looked for; docs/cleaning.md."""

from __future__ import annotations

# Of files: what can't be read of one is a single record, whatever it may have held.
FILE_ENDS_EARLY = "file ends early"
UNREADABLE_FILE = "unreadable file"
# Of the text of a record.
LINE_TOO_LONG = "line too long"
BLANK = "blank line"
NOT_UTF8 = "not UTF-8"
MALFORMED = "malformed"
# Of what it says.
NO_USER = "no user"
NO_ITEM = "no item"
ID_TOO_LONG = "id too long"
WRONG_TYPE = "wrong type"
NO_TIME = "no time"
OUT_OF_RANGE = "time out of range"
TOO_LATE = "too late"
IN_THE_FUTURE = "in the future"
UNKNOWN_EVENT = "unknown event"
VALUE_OUT_OF_RANGE = "value out of range"
# Of a sound record among the others.
DUPLICATE = "duplicate"
BOT = "bot"

REASONS = (
    *(FILE_ENDS_EARLY, UNREADABLE_FILE),
    *(LINE_TOO_LONG, BLANK, NOT_UTF8, MALFORMED),
    *(NO_USER, NO_ITEM, ID_TOO_LONG, WRONG_TYPE, NO_TIME, OUT_OF_RANGE, TOO_LATE, IN_THE_FUTURE),
    *(UNKNOWN_EVENT, VALUE_OUT_OF_RANGE, DUPLICATE, BOT),
)
KEPT = "kept"

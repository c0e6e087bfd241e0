"""A data set: the facts of one source of logs, as its overlay in conf/ states them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, field_validator, model_validator

from features.settings import Settings

DAY = "{day}"
IDS = ("user_id", "item_id")
# Names of event types become column names, and strings within SQL.
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class EventType(Settings):
    """One kind of event. `when` is a Spark SQL condition over the raw fields; one raw line may be several events.

    Where the log names its types in `event_type`, `when` may be left out: the type is the name given here.
    """

    when: str = ""
    role: Literal["exposure", "positive", "negative", "other"]
    weight: float = Field(0.0, ge=0.0)

    @model_validator(mode="after")
    def _positive_weighs(self) -> EventType:
        if (self.role == "positive") != (self.weight > 0):
            raise ValueError("a positive event type needs a weight above 0, and no other role may have one")
        return self


class Files(Settings):
    """Where a table's raw files lie, below the raw root, and how they are written.

    files: a glob. `{day}` in it is the business day (YYYY-MM-DD); without it the same files serve every day. Names that
    end in .gz or .zst are unpacked. fields: the columns that the expressions use, read as strings; empty: found in the
    expressions. delimiter, columns: for CSV; `columns` names the columns of files without a header line.
    """

    files: str
    format: Literal["json", "csv", "parquet"] = "json"
    delimiter: str = Field(",", min_length=1)
    columns: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class EventLog(Files):
    """How a raw record becomes events; the values are Spark SQL expressions over its fields, often just their names.

    time_format: how `event_time` is written: "sql" (the expression gives a timestamp), "iso", "epoch_s", "epoch_ms", or
    a pattern of Spark such as "dd/MM/yyyy HH:mm:ss"; a time without a zone is in the data set's. event_key: what makes
    two records the same event, such as its id; empty: only equal records are. event_type: a field that names the type,
    so that `types` need no `when`. marker, min_files: a day is complete once the file `marker` stands and so many files
    lie there.
    """

    files: str = "events/ds={day}/*"
    user_id: str
    item_id: str
    event_time: str
    time_format: str = "sql"
    value: str = "NULL"
    dwell_seconds: str = "NULL"
    scene: str = "NULL"
    event_key: tuple[str, ...] = ()
    event_type: str = ""
    types: dict[EventName, EventType]
    marker: str = "_SUCCESS"
    min_files: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _has_positive(self) -> EventLog:
        if not any(t.role == "positive" for t in self.types.values()):
            raise ValueError("at least one event type must be positive")
        return self

    @model_validator(mode="after")
    def _types_have_conditions(self) -> EventLog:
        vague = [name for name, kind in self.types.items() if not kind.when]
        if vague and not self.event_type:
            raise ValueError(
                f"types.{vague[0]} needs a condition `when`, or the log a field that names the type as `event_type`"
            )
        return self

    @property
    def by_day(self) -> bool:
        """Whether each day has files of its own; otherwise a record belongs to the day of its event."""
        return DAY in self.files

    @property
    def expressions(self) -> dict[str, str]:
        """Spark SQL of user_id, item_id, event_time (a timestamp), value, dwell_seconds, scene."""
        names = ("user_id", "item_id", "event_time", "value", "dwell_seconds", "scene")
        return {**{name: getattr(self, name) for name in names}, "event_time": self._timestamp()}

    @property
    def conditions(self) -> dict[str, str]:
        """Event type -> its Spark SQL condition."""
        return {name: kind.when or f"({self.event_type}) = '{name}'" for name, kind in self.types.items()}

    def _timestamp(self) -> str:
        text = f"cast({self.event_time} AS string)"
        seconds = f"try_cast({text} AS decimal(38,9))"
        match self.time_format:
            case "sql":
                return self.event_time
            case "iso":
                # Without its date a time would be taken for one of the day on which the job runs.
                return f"if(substring(ltrim({text}), 5, 1) = '-', try_to_timestamp({text}), NULL)"
            case "epoch_s":
                return _instant(seconds)
            case "epoch_ms":
                return _instant(f"{seconds} / 1000")
            case pattern:
                return f"try_to_timestamp({text}, '{pattern.replace(chr(39), chr(92) + chr(39))}')"

    @property
    def roles(self) -> dict[str, str]:
        return {name: kind.role for name, kind in self.types.items()}

    @property
    def weights(self) -> dict[str, float]:
        return {name: kind.weight for name, kind in self.types.items() if kind.role == "positive"}

    def with_role(self, role: str) -> list[str]:
        return [name for name, kind in self.types.items() if kind.role == role]


class ItemTable(Files):
    """Columns of the item snapshot, as Spark SQL over its string fields; what a source lacks is NULL."""

    files: str = "items/ds={day}/*"
    item_id: str
    name: str = "NULL"
    category: str = "NULL"
    subcategory: str = "NULL"
    brand: str = "NULL"
    price: str = "NULL"
    created_on: str = "NULL"

    @property
    def expressions(self) -> dict[str, str]:
        names = ("item_id", "name", "category", "subcategory", "brand", "price", "created_on")
        return {name: getattr(self, name) for name in names}


class UserTable(Files):
    """Columns of the user snapshot; `profile` are categorical columns, given to the ranker as codes."""

    files: str = "users/ds={day}/*"
    user_id: str
    profile: dict[str, str] = Field(default_factory=dict)

    @property
    def expressions(self) -> dict[str, str]:
        return {"user_id": self.user_id}


class DataSet(Settings):
    """One source of logs. `first_day` is the first day that the source has; windows are cut there.

    id_type: "integer" for ids of users and items that are whole numbers, however they are written (12, 12.0, 1e3);
    "string" for ids that are taken as they are.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    scene: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    first_day: dt.date
    time_zone: str
    repeats: bool
    id_type: Literal["string", "integer"] = "string"
    events: EventLog
    items: ItemTable
    users: UserTable

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is no time zone of the tz database, such as Europe/Berlin") from error
        return zone

    def expressions(self, table: Literal["events", "items", "users"]) -> dict[str, str]:
        """Our column -> its Spark SQL over the raw fields of a table; a user's profile isn't in it."""
        sql = getattr(self, table).expressions
        return {
            name: _digits(text) if name in IDS and self.id_type == "integer" else text for name, text in sql.items()
        }


def _digits(sql: str) -> str:
    """SQL of a whole number's digits; null for what is none."""
    number = f"try_cast(cast({sql} AS string) AS decimal(38,6))"
    return f"if(floor({number}) = {number}, cast(floor({number}) AS string), NULL)"


def _instant(seconds: str) -> str:
    """SQL of a timestamp; null outside the years 1 to 9999."""
    return f"if({seconds} BETWEEN -62135596800 AND 253402300799, cast({seconds} AS timestamp), NULL)"

"""A data set: the facts of one source of logs, as its overlay in conf/ states them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, field_validator, model_validator

from features.settings import Settings

# Names of event types become column names, and strings within SQL.
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class EventType(Settings):
    """One kind of event. `when` is a Spark SQL condition over the raw fields; one raw line may be several events."""

    when: str
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


class UserTable(Files):
    """Columns of the user snapshot; `profile` are categorical columns, given to the ranker as codes."""

    files: str = "users/ds={day}/*"
    user_id: str
    profile: dict[str, str] = Field(default_factory=dict)


class DataSet(Settings):
    """One source of logs. `first_day` is the first day that the source has; windows are cut there."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    scene: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    first_day: dt.date
    time_zone: str
    repeats: bool
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

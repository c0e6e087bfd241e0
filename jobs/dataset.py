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


class EventLog(Settings):
    """How a raw line becomes events: `fields` are read as strings, the rest are Spark SQL expressions over them."""

    fields: tuple[str, ...]
    user_id: str
    item_id: str
    event_time: str
    value: str = "NULL"
    dwell_seconds: str = "NULL"
    types: dict[EventName, EventType]

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


class ItemTable(Settings):
    """Columns of the item snapshot, as Spark SQL over its string fields; what a source lacks is NULL."""

    fields: tuple[str, ...]
    item_id: str
    name: str = "NULL"
    category: str = "NULL"
    subcategory: str = "NULL"
    brand: str = "NULL"
    price: str = "NULL"
    created_on: str = "NULL"


class UserTable(Settings):
    """Columns of the user snapshot; `profile` are categorical columns, given to the ranker as codes."""

    fields: tuple[str, ...]
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

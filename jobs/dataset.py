"""A data set: the facts of one source of logs, as its overlay in conf/ states them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, field_validator, model_validator

from features.context import Calendar
from features.settings import Settings
from jobs.files import Files as Files
from jobs.sql import digits, json_object, literal, number, timestamp

IDS = ("user_id", "item_id")
ITEM_COLUMNS = ("item_id", "name", "category", "subcategory", "brand", "price", "created_on", "available")
EVENT_COLUMNS = ("user_id", "item_id", "event_time", "value", "dwell_seconds", "scene", "variant")
TableName = Literal["events", "items", "users"]
# Names of event types become column names, and strings within SQL.
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
ContextName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def by_name(told: Any) -> Any:
    """A list of fields as a table of names and Spark SQL."""
    return {name: name for name in told} if isinstance(told, list | tuple) else told


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


class EventLog(Files):
    """How a raw record becomes events; the values are Spark SQL expressions over its fields, often just their names.

    time_format: how `event_time` is written: "sql" (the expression gives a timestamp), "iso", "epoch_s", "epoch_ms", or
    a pattern of Spark such as "dd/MM/yyyy HH:mm:ss"; a time without a zone is in the data set's. event_key: what makes
    two records the same event, such as its id; empty: only equal records are. context: of what an item was shown in,
    such as its position or the page: fields by their names, or names with Spark SQL. event_type: a field that names the
    type, so that `types` need no `when`.
    """

    files: str = "events/ds={day}/*"
    user_id: str = "user_id"
    item_id: str = "item_id"
    event_time: str
    time_format: str = "sql"
    value: str = "NULL"
    dwell_seconds: str = "NULL"
    scene: str = "NULL"
    variant: str = "NULL"
    context: dict[ContextName, str] = Field(default_factory=dict)
    event_key: tuple[str, ...] = ()
    event_type: str = ""
    types: dict[EventName, EventType]

    _named = field_validator("context", mode="before")(by_name)

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
    def expressions(self) -> dict[str, str]:
        """Spark SQL of user_id, item_id, event_time (a timestamp), value, dwell_seconds, scene, variant, context."""
        sql = {name: getattr(self, name) for name in EVENT_COLUMNS}
        return {
            **sql,
            "event_time": timestamp(self.event_time, self.time_format),
            "context": json_object(self.context),
        }

    @property
    def stated(self) -> dict[str, str]:
        """Key of the overlay, below that of this table -> the Spark SQL that stands there."""
        return {
            **{name: getattr(self, name) for name in EVENT_COLUMNS},
            **{f"context.{name}": sql for name, sql in self.context.items()},
            **({"event_type": self.event_type} if self.event_type else {}),
            **{f"event_key[{n}]": sql for n, sql in enumerate(self.event_key)},
            **{f"types.{name}.when": kind.when for name, kind in self.types.items() if kind.when},
        }

    @property
    def conditions(self) -> dict[str, str]:
        """Event type -> its Spark SQL condition."""
        return {name: kind.when or f"({self.event_type}) = {literal(name)}" for name, kind in self.types.items()}

    @property
    def roles(self) -> dict[str, str]:
        return {name: kind.role for name, kind in self.types.items()}

    @property
    def weights(self) -> dict[str, float]:
        return {name: kind.weight for name, kind in self.types.items() if kind.role == "positive"}

    def with_role(self, role: str) -> list[str]:
        return [name for name, kind in self.types.items() if kind.role == role]


class ItemTable(Files):
    """Columns of the item snapshot, as Spark SQL over its string fields; what a source lacks is NULL.

    numbers: what else is known of items and is a number, such as a length or a year: fields by their names, or names
    with Spark SQL.
    """

    files: str = "items/ds={day}/*"
    item_id: str = "item_id"
    name: str = "NULL"
    category: str = "NULL"
    subcategory: str = "NULL"
    brand: str = "NULL"
    price: str = "NULL"
    created_on: str = "NULL"
    available: str = "NULL"
    numbers: dict[FieldName, str] = Field(default_factory=dict)

    _named = field_validator("numbers", mode="before")(by_name)

    @property
    def expressions(self) -> dict[str, str]:
        """Spark SQL of the columns, and of `number_<name>` for each number."""
        numbers = {f"number_{name}": number(sql) for name, sql in self.numbers.items()}
        return {**{name: getattr(self, name) for name in ITEM_COLUMNS}, **numbers}

    @property
    def stated(self) -> dict[str, str]:
        numbers = {f"numbers.{name}": sql for name, sql in self.numbers.items()}
        return {**{name: getattr(self, name) for name in ITEM_COLUMNS}, **numbers}


class Attribute(Settings):
    """A profile column of users: a category, given to the ranker as a code, or a number, given as it is."""

    sql: str
    type: Literal["category", "number"] = "category"

    @property
    def text(self) -> str:
        """Spark SQL of the value as text; null when unknown."""
        return number(self.sql) if self.type == "number" else self.sql


class CampaignTable(Files):
    """Pins, bans and boosts (docs/rules.md): CSV whose columns are ours. There need be none, and no marker."""

    files: str = "campaigns/ds={day}/*"
    marker: str = ""
    format: Literal["csv"] = "csv"
    by_hand: ClassVar[bool] = True


class UserTable(Files):
    """Columns of the user snapshot. profile: fields by their names, or names with Spark SQL or an `Attribute`."""

    files: str = "users/ds={day}/*"
    user_id: str = "user_id"
    profile: dict[FieldName, Attribute] = Field(default_factory=dict)

    @field_validator("profile", mode="before")
    @classmethod
    def _attributes(cls, told: Any) -> Any:
        if not isinstance(told, list | tuple | dict):
            raise ValueError("has to be a list of fields, or a table of names and expressions")
        return {name: {"sql": sql} if isinstance(sql, str) else sql for name, sql in by_name(told).items()}

    @property
    def expressions(self) -> dict[str, str]:
        """Spark SQL of user_id, and of `profile_<name>` for each attribute."""
        return {"user_id": self.user_id, **{f"profile_{name}": column.text for name, column in self.profile.items()}}

    @property
    def stated(self) -> dict[str, str]:
        return {"user_id": self.user_id, **{f"profile.{name}": column.sql for name, column in self.profile.items()}}


class DataSet(Settings):
    """One source of logs. `first_day` is the first day that the source has; windows are cut there. calendar: the
    holidays of its users.

    repeats: whether people take the same item again.
    id_type: "integer" for ids of users and items that are whole numbers, however they are written (12, 12.0, 1e3);
    "string" for ids that are taken as they are.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    scene: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    first_day: dt.date
    time_zone: str
    repeats: bool = False
    id_type: Literal["string", "integer"] = "string"
    calendar: Calendar = Calendar()
    events: EventLog
    items: ItemTable | None = None
    users: UserTable | None = None
    campaigns: CampaignTable = CampaignTable()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is no time zone of the tz database, such as Europe/Berlin") from error
        return zone

    @property
    def profile(self) -> dict[str, Attribute]:
        """The users' attributes; none without a table of users."""
        return self.users.profile if self.users else {}

    def expressions(self, table: TableName) -> dict[str, str]:
        """Our column -> its Spark SQL over the raw fields of a table; a user's attributes are `profile_<name>`."""
        sql = getattr(self, table).expressions
        return {name: digits(text) if name in IDS and self.id_type == "integer" else text for name, text in sql.items()}

    def stated(self, table: TableName) -> dict[str, str]:
        """Key of the overlay -> the Spark SQL that stands there, for one table."""
        return {f"data.{table}.{key}": sql for key, sql in getattr(self, table).stated.items()}

"""The gates that a day passes before anything of it is published: their names and thresholds. Plain data, no Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from features.settings import Settings

Share = Field(ge=0.0, le=1.0)


class Gate(Settings):
    """level: `fail` stops the run before anything is published, `warn` is said in its log, `off` isn't looked at."""

    level: Literal["fail", "warn", "off"]


class Volume(Gate):
    """Events over their median of the last days, of the same weekdays where there are enough, lie in low..high."""

    low: float = Field(ge=0.0)
    high: float = Field(gt=1.0)


class Rejects(Gate):
    """Share of the records read, duplicates apart. max: of all reasons. rise: of each above its median share."""

    max: float = Share
    rise: float = Share


class Duplicates(Gate):
    """max: share of the records read that were there before."""

    max: float = Share


class Nulls(Gate):
    """Share of missing values. rise: above the median of the last days. max: instead, for a `<table>.<column>`."""

    rise: float = Share
    max: dict[str, float]


class Mix(Gate):
    """Event types' shares against the last days: their PSI, and each share's ratio to its median, up or down.

    min_events: a type with fewer events on a day of the median share is too rare for its ratio to be judged.
    """

    max_psi: float = Field(gt=0.0)
    max_ratio: float = Field(gt=1.0)
    min_events: int = Field(ge=1)


class Freshness(Gate):
    """Age in days of the snapshots that were used."""

    items_days: int = Field(ge=0)
    users_days: int = Field(ge=0)


class Coverage(Gate):
    """Share of the day's events whose item or user the tables know. drop: below the median of the last days."""

    items: float = Share
    users: float = Share
    drop: float = Share


class Drift(Gate):
    """PSI of each feature against the day before. min_rows: with fewer users or items chance alone moves it."""

    max_psi: float = Field(gt=0.0)
    min_rows: int = Field(ge=1)


class Health(Settings):
    """min_days: with fewer earlier days there is nothing to compare with. deadline: HH:MM, of the day after, until when
    the day's raw files are waited for; poll_seconds: how often they are looked for.
    """

    deadline: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    poll_seconds: float = Field(gt=0.0)
    min_days: int = Field(ge=1)
    volume: Volume
    rejects: Rejects
    duplicates: Duplicates
    nulls: Nulls
    mix: Mix
    freshness: Freshness
    coverage: Coverage
    drift: Drift


GATES = tuple(name for name, field in Health.model_fields.items() if field.annotation in Gate.__subclasses__())
FEATURE_GATES = ("drift",)
INTAKE_GATES = tuple(name for name in GATES if name not in FEATURE_GATES)


def gate_settings(gates: Sequence[str]) -> tuple[str, ...]:
    """The sections of the configuration that shape what these gates say."""
    return ("health.min_days", *(f"health.{gate}" for gate in gates))

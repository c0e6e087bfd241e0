"""Features by template: the products of statistics, events, windows and cells that a configuration asks for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from features.settings import Settings

Entity = Literal["user", "item", "category", "subcategory", "brand"]
Statistic = Literal["count", "rate", "share", "velocity", "value_mean", "dwell_mean", "active_days", "recency"]


class Template(Settings):
    """of: whose feature; one of a group (category, subcategory, brand) is given to each of its items. events: event
    types, or `positive`, `exposure`, `negative` for all of a role. windows: days; a velocity takes them in twos.
    on: one feature for each part of the day, or one for events on the weekday of the day that the list is for.
    """

    of: Entity
    statistic: Statistic
    events: tuple[str, ...] = ("positive",)
    windows: tuple[int, ...] = Field(min_length=1)
    on: Literal["", "hour", "weekday"] = ""

    @model_validator(mode="after")
    def _fits(self) -> Template:
        if self.statistic == "share" and not self.on:
            raise ValueError("a share is of events on something: set on = 'hour' or 'weekday'")
        if self.on and self.statistic in ("velocity", "active_days", "recency"):
            raise ValueError(f"a {self.statistic} can't be taken on {self.on}")
        if self.on == "hour" and self.of != "user":
            raise ValueError("hours are kept of users only: set of = 'user', or on = 'weekday'")
        if self.statistic == "velocity" and len(self.windows) != 2:
            raise ValueError("a velocity takes two windows, the short one first")
        return self

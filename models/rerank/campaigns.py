"""The campaign table as people write it: pins, bans and boosts from a day to a day, checked row by row."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from features.settings import Settings

TARGETS = ("item_id", "category", "subcategory", "brand")
MOST_NAMED = 10  # wrong rows that an error lists


class Campaign(Settings):
    """A row. action: `pin` an item at a position, `ban` or `boost` an item or all of a category, subcategory or brand.

    scene: empty for all. segment: `attribute=value` of users, empty for everyone. position: of a pin, from 1. factor:
    of a boost, what the score is multiplied with. start, end: the first and last day on which lists are to be so.
    """

    action: Literal["pin", "ban", "boost"]
    item_id: str = ""
    category: str = ""
    subcategory: str = ""
    brand: str = ""
    scene: str = ""
    segment: str = ""
    position: int | None = Field(None, ge=1)
    factor: float | None = Field(None, gt=0, allow_inf_nan=False)
    start: dt.date
    end: dt.date

    @model_validator(mode="after")
    def _is_whole(self) -> Campaign:
        named = [target for target in TARGETS if getattr(self, target)]
        if len(named) != 1:
            raise ValueError(f"names {' and '.join(named) or 'nothing'}, and needs one of {', '.join(TARGETS)}")
        if self.action == "pin" and not self.item_id:
            raise ValueError("a pin needs an item_id")
        for action, column in (("pin", "position"), ("boost", "factor")):
            if (self.action == action) != (getattr(self, column) is not None):
                raise ValueError(f"a {action} needs a {column}, and nothing else may have one")
        if self.start > self.end:
            raise ValueError(f"ends on {self.end}, before it starts on {self.start}")
        return self

    @property
    def target(self) -> tuple[str, str]:
        """What is named, and its name."""
        return next((target, name) for target in TARGETS if (name := getattr(self, target)))


@dataclass
class Campaigns:
    """Rows in force, in the order of the table, and how many others there are, by why they aren't."""

    rows: list[Campaign] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)


def read_campaigns(
    texts: dict[str, str], *, day: dt.date, scene: str, attributes: Sequence[str], places: int
) -> Campaigns:
    """What is in force for lists shown on `day`. texts: name of a CSV file -> its text, with a line of titles.

    attributes: of users, those that segments may name. places: of a list. Rows out of date or of other scenes are
    counted and not looked at any further. Raises ValueError that names file, line and what is wrong of every wrong row.
    """
    found, wrong = Campaigns(), list[str]()
    for name, text in texts.items():
        lines = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
        for cells in lines:
            where = f"{name}, line {lines.line_num}"
            if None in cells or None in cells.values():
                wrong.append(f"{where}: has {'more' if None in cells else 'fewer'} columns than the line of titles")
                continue
            told = {key.strip(): value.strip() for key, value in cells.items() if value.strip()}
            if reason := _elsewhere(told, day, scene):
                found.others[reason] = found.others.get(reason, 0) + 1
                continue
            try:
                campaign = Campaign.model_validate(told)
                _check(campaign, attributes, places)
            except ValidationError as error:
                wrong += [f"{where}: {_told(detail)}" for detail in error.errors()]
            except ValueError as error:
                wrong.append(f"{where}: {error}")
            else:
                found.rows.append(campaign)
    if wrong:
        more = f"; and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise ValueError("; ".join(wrong[:MOST_NAMED]) + more)
    return found


def _elsewhere(told: dict[str, str], day: dt.date, scene: str) -> str:
    """Why a row isn't in force; empty when it is, and when its days are wrong, which is another matter."""
    try:
        start, end = (dt.date.fromisoformat(told[name]) for name in ("start", "end"))
    except (KeyError, ValueError):
        return ""
    if start <= end and not start <= day <= end:
        return "out of date" if end < day else "yet to come"
    other = told.get("scene", "")
    return f"of scene {other}" if other not in ("", scene) else ""


def _check(campaign: Campaign, attributes: Sequence[str], places: int) -> None:
    if campaign.position and campaign.position > places:
        raise ValueError(f"position {campaign.position} is behind the last place of a list, {places} (topn.n)")
    attribute, equals, value = campaign.segment.partition("=")
    if campaign.segment and not (equals and value and attribute in attributes):
        known = ", ".join(attributes) or "none: data.users has no profile"
        raise ValueError(f"segment {campaign.segment!r} isn't attribute=value with one of the attributes {known}")


def _told(detail: object) -> str:
    """One of pydantic's errors as a phrase."""
    path = ".".join(str(part) for part in detail["loc"])  # type: ignore[index]
    if detail["type"] == "extra_forbidden":  # type: ignore[index]
        return f"{path} is no column (there are {', '.join(Campaign.model_fields)})"
    message = str(detail["msg"]).removeprefix("Value error, ")  # type: ignore[index]
    return f"{path}: {message}" if path else message

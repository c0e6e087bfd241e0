"""What is known of the day that a list is for, whoever gets it: its weekday, and whether it is a holiday."""

from __future__ import annotations

import datetime as dt
import re

from pydantic import Field, field_validator, model_validator

from features.settings import Settings

YEARLY, ONCE = "%m-%d", "%Y-%m-%d"


class Calendar(Settings):
    """country, subdivision: codes of the `holidays` library (ISO 3166), such as "DE" and "BY"; empty: no public
    holidays. dates: own days, each "12-24" (every year) or "2026-11-27" (once).
    """

    country: str = ""
    subdivision: str = ""
    dates: tuple[str, ...] = Field(default=())

    @field_validator("dates")
    @classmethod
    def _are_dates(cls, dates: tuple[str, ...]) -> tuple[str, ...]:
        for text in dates:
            whole = f"2000-{text}" if re.fullmatch(r"\d\d-\d\d", text) else text
            try:
                if dt.date.fromisoformat(whole).isoformat() != whole:
                    raise ValueError
            except ValueError as error:
                raise ValueError(f'{text!r} is no date: write "12-24", or "2026-11-27" for once') from error
        return dates

    @model_validator(mode="after")
    def _known_country(self) -> Calendar:
        try:
            self._public(2000)
        except (NotImplementedError, KeyError, AttributeError) as error:
            place = "-".join(filter(None, (self.country, self.subdivision)))
            raise ValueError(
                f"the holidays library knows no {place!r}: use ISO 3166 codes, such as DE and BY"
            ) from error
        return self

    @property
    def is_empty(self) -> bool:
        return not (self.country or self.dates)

    def is_holiday(self, day: dt.date) -> bool:
        own = {day.strftime(YEARLY), day.strftime(ONCE)} & set(self.dates)
        return bool(own) or day in self._public(day.year)

    def _public(self, year: int) -> set[dt.date]:
        if not self.country:
            return set()
        import holidays

        # `expand=False`: only this year's, so that the answer doesn't depend on what was asked before.
        found = holidays.country_holidays(self.country, self.subdivision or None, years=year, expand=False)
        return set(found)


def context_values(as_of: str, calendar: Calendar) -> dict[str, float]:
    """Name -> value of every context feature, for the lists built as of a day; they are for the day after."""
    day = dt.date.fromisoformat(as_of) + dt.timedelta(1)
    return {"weekday": float(day.weekday()), "is_holiday": float(calendar.is_holiday(day))}

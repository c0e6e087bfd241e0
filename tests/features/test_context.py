from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from features.context import Calendar, context_values

GERMANY = Calendar(country="DE", subdivision="BY", dates=("12-24", "2026-11-27"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-10-03", True),  # German Unity Day
        ("2026-01-06", True),  # Epiphany, in Bavaria
        ("2025-12-24", True),  # own, every year
        ("2026-11-27", True),  # own, once
        ("2027-11-27", False),
        ("2026-10-05", False),
    ],
)
def test_holidays_are_the_countrys_and_ones_own(day: str, expected: bool) -> None:
    assert GERMANY.is_holiday(dt.date.fromisoformat(day)) is expected


def test_a_subdivision_has_holidays_of_its_own() -> None:
    assert not Calendar(country="DE").is_holiday(dt.date(2026, 1, 6))


def test_without_a_country_there_are_only_own_days() -> None:
    assert Calendar().is_empty and not Calendar(dates=("12-24",)).is_empty
    assert not Calendar(dates=("12-24",)).is_holiday(dt.date(2026, 12, 25))


def test_the_values_are_of_the_day_after_the_as_of_day() -> None:
    assert context_values("2026-10-02", GERMANY) == {"weekday": 5.0, "is_holiday": 1.0}
    assert context_values("2026-10-03", GERMANY) == {"weekday": 6.0, "is_holiday": 0.0}


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"country": "XX"}, "knows no 'XX'"),
        ({"country": "DE", "subdivision": "XX"}, "knows no 'DE-XX'"),
        ({"dates": ["24.12."]}, "'24.12.' is no date"),
        ({"dates": ["02-30"]}, "'02-30' is no date"),
        ({"dates": ["20261127"]}, "'20261127' is no date"),
    ],
)
def test_what_is_no_calendar_is_refused(stated: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Calendar.model_validate(stated)

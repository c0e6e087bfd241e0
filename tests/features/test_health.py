"""The gates over counts that are small enough to work out by hand."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any

import pytest

from features.findings import Finding
from features.gates import GATES, INTAKE_GATES, Health
from features.health import Counts, Days, days_of, judge_catalogue, judge_events
from jobs.overlay import CONF, merge

DEFAULTS = tomllib.loads((CONF / "predawn.toml").read_text(encoding="utf-8"))["health"]
AS_OF = "2026-03-31"  # a Tuesday


def health(**overrides: Any) -> Health:
    return Health.model_validate(merge(DEFAULTS, overrides))


def day(age: int) -> str:
    return str(dt.date.fromisoformat(AS_OF) - dt.timedelta(age))


def events(click: int = 0, view: int = 0, *, no_value: int = 0, **records: int) -> Counts:
    """Counts of a day; underscores in the names of reasons stand for spaces."""
    counts = {("events", "click"): click, ("events", "view"): view, ("no_value", "click"): no_value}
    records = {"kept": click + view, **records}
    counts |= {("records", reason.replace("_", " ")): rows for reason, rows in records.items()}
    return {key: rows for key, rows in counts.items() if rows}


def judge(today: Counts, *earlier: Counts, ages: range | None = None, **overrides: Any) -> dict[str, Finding]:
    """ "gate subject" -> finding; `earlier` are the days before, the newest first."""
    ages = ages or range(1, len(earlier) + 1)
    days = Days(today, {day(age): counts for age, counts in zip(ages, earlier, strict=True)})
    found = judge_events(days, as_of=AS_OF, settings=health(**overrides))
    return {f"{finding.gate} {finding.subject}": finding for finding in found}


USUAL = events(400, 600)


def test_every_gate_is_known_by_its_section() -> None:
    assert GATES == ("volume", "rejects", "duplicates", "nulls", "mix", "freshness", "coverage", "drift")
    assert set(GATES) <= set(DEFAULTS) and set(INTAKE_GATES) == set(GATES) - {"drift"}


def test_a_usual_day_passes_every_gate() -> None:
    found = judge(events(410, 590, malformed=20), *[events(400, 600, malformed=18)] * 4)
    assert {finding.verdict for finding in found.values()} == {"pass"}
    assert {key.split()[0] for key in found} == {"volume", "rejects", "duplicates", "nulls", "mix"}


@pytest.mark.parametrize(
    ("rows", "verdict"), [(599, "fail"), (600, "pass"), (2000, "pass"), (2001, "fail"), (0, "fail")]
)
def test_volume_lies_in_a_range_around_the_median(rows: int, verdict: str) -> None:
    """Days of 1,000, 800 and 1,200 events: the median is 1,000, and 0.6 to 2 times that is expected."""
    found = judge(events(0, rows), USUAL, events(0, 800), events(0, 1200))["volume all"]
    assert (found.verdict, found.observed, found.low, found.high) == (verdict, rows, 600.0, 2000.0)
    assert found.basis == "0.6 to 2 times 1,000, the median of the last 3 days"


def test_volume_is_that_of_the_weekday_where_there_are_enough() -> None:
    """Tuesdays have 3,000 events, other days 1,000."""
    tuesday, other = events(0, 3000), events(0, 1000)
    earlier = [tuesday if age % 7 == 0 else other for age in range(1, 22)]
    found = judge(events(0, 1700), *earlier)["volume all"]
    assert (found.low, found.verdict) == (1800.0, "fail") and "the last 3 Tuesdays" in found.basis
    assert judge(events(0, 1700), *earlier[:20])["volume all"].verdict == "pass", "two Tuesdays are too few"


def test_without_history_only_absolute_limits_are_judged() -> None:
    found = judge(events(400, 600, malformed=500), USUAL, USUAL)
    judged = {key: finding.verdict for key, finding in found.items() if finding.verdict != "not judged"}
    assert judged == {"rejects all reasons": "fail", "duplicates all": "pass"}
    assert found["volume all"].observed == 1000 and found["volume all"].low is None
    assert "2 earlier days, fewer than 3" in found["volume all"].basis


def test_days_without_an_event_are_no_measure() -> None:
    assert judge(USUAL, *[events()] * 5)["volume all"].verdict == "not judged"
    assert judge(USUAL, *[events()] * 5)["mix all types"].verdict == "not judged"


def test_rejects_are_judged_in_all_and_by_reason_and_duplicates_apart() -> None:
    """Of 2,000 records 200 are rejected for good, a tenth; 900 stood there before."""
    before = [events(950, 0, no_user=30, malformed=20)] * 3
    found = judge(events(900, 0, no_user=60, malformed=140, duplicate_line=400, duplicate_key=500), *before)
    everything = found["rejects all reasons"]
    assert (everything.observed, everything.high, everything.verdict) == (0.1, 0.1, "pass")
    assert (found["duplicates all"].observed, found["duplicates all"].verdict) == (0.45, "warn")
    malformed = found["rejects malformed"]
    assert (malformed.observed, malformed.verdict) == (0.07, "pass")
    assert malformed.high == pytest.approx(0.02 + 0.05)
    assert "rejects duplicate line" not in found


def test_a_reason_that_was_never_seen_before_is_judged() -> None:
    found = judge(events(900, 0, unknown_event=100), *[USUAL] * 3)
    assert (found["rejects unknown event"].verdict, found["rejects unknown event"].high) == ("fail", 0.05)
    assert found["rejects all reasons"].verdict == "pass"


def test_missing_values_are_judged_by_event_type() -> None:
    before = [events(100, 900, no_value=n) for n in (10, 20, 60)]
    found = judge(events(100, 900, no_value=31), *before)
    assert (found["nulls value of click"].observed, found["nulls value of click"].verdict) == (0.31, "warn")
    assert found["nulls value of click"].high == pytest.approx(0.2 + 0.1)
    assert found["nulls value of view"].verdict == "pass"
    stated = judge(events(100, 900, no_value=31), nulls={"level": "fail", "max": {"events.value": 0.3}})
    assert (stated["nulls value of click"].verdict, stated["nulls value of click"].high) == ("fail", 0.3)
    assert stated["nulls dwell_seconds of click"].verdict == "not judged"


def test_the_mix_is_judged_as_a_whole_and_by_type() -> None:
    """Clicks fall from 40 % to 5 %: an eighth of what is usual, and far beyond a third."""
    found = judge(events(100, 1900), *[USUAL] * 3)
    assert found["mix all types"].verdict == "fail"
    assert found["mix all types"].observed == pytest.approx(0.9, abs=0.03)
    clicks = found["mix click"]
    assert (clicks.verdict, clicks.observed) == ("fail", 0.05)
    assert (clicks.low, clicks.high) == (pytest.approx(0.4 / 3), pytest.approx(1.2))
    assert found["mix view"].verdict == "pass"


def test_a_rare_type_that_vanishes_is_noticed_only_where_it_is_not_chance() -> None:
    usual = events(20, 9980)
    found = judge(events(0, 10_000), *[usual] * 3)
    assert found["mix all types"].verdict == "pass", "two in a thousand move no index"
    assert found["mix click"].verdict == "not judged" and "20 events are usual" in found["mix click"].basis
    assert judge(events(0, 10_000), *[usual] * 3, mix={"min_events": 20})["mix click"].verdict == "fail"


def test_an_empty_day_is_judged_by_its_volume_alone() -> None:
    found = judge(events(), *[USUAL] * 3)
    assert [key for key, finding in found.items() if finding.verdict == "fail"] == ["volume all"]


def test_a_gate_warns_or_fails_as_it_is_told() -> None:
    assert judge(events(0, 1), *[USUAL] * 3, volume={"level": "warn"})["volume all"].verdict == "warn"


def catalogue(rows: int = 100, no_brand: int = 0, known: int = 95) -> Counts:
    return {
        ("rows", ""): rows,
        ("nulls", "brand"): no_brand,
        ("events", ""): 100,
        ("known_events", ""): known,
    }


def judge_items(today: Counts, *earlier: Counts, age_days: int | None = 1, **overrides: Any) -> dict[str, Finding]:
    days = Days(today, {day(age): counts for age, counts in enumerate(earlier, 1)})
    found = judge_catalogue(days, table="items", age_days=age_days, settings=health(**overrides))
    return {finding.gate: finding for finding in found}


def test_a_sound_catalogue_passes() -> None:
    found = judge_items(catalogue(), *[catalogue()] * 3)
    assert {gate: finding.verdict for gate, finding in found.items()} == dict.fromkeys(
        ("nulls", "coverage", "freshness"), "pass"
    )


@pytest.mark.parametrize(("age", "verdict"), [(0, "pass"), (7, "pass"), (8, "warn")])
def test_a_snapshot_may_be_a_week_old(age: int, verdict: str) -> None:
    found = judge_items(catalogue(), age_days=age)["freshness"]
    assert (found.verdict, found.observed, found.high) == (verdict, age, 7)


def test_files_that_bear_no_day_have_no_age() -> None:
    assert "freshness" not in judge_items(catalogue(), age_days=None)


def test_a_source_without_such_a_table_has_no_gates_for_it() -> None:
    assert not judge_items(catalogue(rows=0, known=0))


def test_coverage_has_a_least_value_and_must_not_drop() -> None:
    assert judge_items(catalogue(known=89))["coverage"].verdict == "warn"
    before = [catalogue(known=60)] * 3
    loose = {"coverage": {"items": 0.0}}
    assert judge_items(catalogue(known=41), *before, **loose)["coverage"].verdict == "pass"
    found = judge_items(catalogue(known=39), *before, **loose)["coverage"]
    assert found.verdict == "warn" and found.low == pytest.approx(0.4)
    assert found.basis == "0.6, the median of the last days, less 0.2"


def test_a_column_of_the_catalogue_that_empties_is_noticed() -> None:
    assert judge_items(catalogue(no_brand=11), *[catalogue()] * 3)["nulls"].verdict == "warn"
    assert judge_items(catalogue(no_brand=11))["nulls"].verdict == "not judged"
    assert judge_items(catalogue(no_brand=11), nulls={"max": {"items.brand": 0.1}})["nulls"].verdict == "warn"


def test_rows_of_a_profile_become_the_counts_of_days() -> None:
    rows = [
        {"ds": AS_OF, "table_name": "events", "measure": "events", "subject": "click", "rows": 3},
        {"ds": day(1), "table_name": "events", "measure": "records", "subject": "kept", "rows": 4},
        {"ds": day(1), "table_name": "items", "measure": "rows", "subject": "", "rows": 9},
    ]
    days = days_of(rows, "events", AS_OF, [day(1), day(2)])
    assert days.today == {("events", "click"): 3}
    assert days.earlier == {day(1): {("records", "kept"): 4}, day(2): {}}

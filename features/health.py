"""A day's counts against what the gates allow: one finding per gate and subject, each with what was expected."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from features.drift import psi
from features.findings import Finding, judged, not_judged
from features.gates import Health
from features.profile import SPARSE

KEPT, DUPLICATE = "kept", "duplicate"

# (measure, subject) -> rows, of one table on one day
Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Days:
    """Counts of one table on the day, and on the earlier days of the window, ascending."""

    today: Counts
    earlier: Mapping[str, Counts]


def days_of(profile: Iterable[Mapping[str, object]], table: str, as_of: str, earlier: Sequence[str]) -> Days:
    """profile: rows of ds, table_name, measure, subject, rows. A day of `earlier` without a row counts as zeros."""
    counts: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for row in profile:
        if row["table_name"] == table:
            counts[str(row["ds"])][(str(row["measure"]), str(row["subject"]))] = int(str(row["rows"]))
    return Days(counts[as_of], {day: counts[day] for day in earlier})


def judge_events(days: Days, *, as_of: str, settings: Health) -> list[Finding]:
    """The gates volume, rejects, duplicates, nulls and mix over the counts of `features.profile.profile_events`."""
    return [
        *_volume(days, as_of, settings),
        *_rejects(days, settings),
        *_nulls(days, "events", _event_nulls, settings),
        *_mix(days, settings),
    ]


def judge_catalogue(days: Days, *, table: str, age_days: int | None, settings: Health) -> list[Finding]:
    """The gates nulls, coverage and freshness of items or users; none for a source that has no such table.

    days: counts of `features.profile.profile_catalogue`. age_days: of the snapshot; None: it bears no day.
    """
    if not days.today.get(("rows", "")):
        return []
    findings = [*_nulls(days, table, _column_nulls, settings), *_coverage(days, table, settings)]
    if age_days is not None:
        limit, level = getattr(settings.freshness, f"{table}_days"), settings.freshness.level
        basis = "age of the snapshot in days"
        findings.append(judged("freshness", table, "snapshot", level, age_days, basis, high=limit))
    return findings


def _of(counts: Counts, measure: str) -> dict[str, int]:
    return {subject: rows for (name, subject), rows in counts.items() if name == measure}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _median_share(days: Days, share: Callable[[Counts], float | None], settings: Health) -> float | None:
    """The median of the earlier days that have one; None when they are too few."""
    shares = [value for counts in days.earlier.values() if (value := share(counts)) is not None]
    return median(shares) if len(shares) >= settings.min_days else None


def _too_few(days: Days, settings: Health) -> str:
    return f"{len(days.earlier)} earlier days, fewer than {settings.min_days} that say anything of it"


def _volume(days: Days, as_of: str, settings: Health) -> list[Finding]:
    gate, weekday = settings.volume, dt.date.fromisoformat(as_of).strftime("%A")
    volumes = {day: sum(_of(counts, "events").values()) for day, counts in days.earlier.items()}
    same = [rows for day, rows in volumes.items() if dt.date.fromisoformat(day).strftime("%A") == weekday]
    compared, of = (same, f"{weekday}s") if len(same) >= settings.min_days else ([*volumes.values()], "days")
    observed = sum(_of(days.today, "events").values())
    usual = median(compared) if len(compared) >= settings.min_days else 0
    if not usual:
        return [not_judged("volume", "events", "all", gate.level, observed, _too_few(days, settings))]
    basis = f"{gate.low:g} to {gate.high:g} times {usual:,.0f}, the median of the last {len(compared)} {of}"
    low, high = gate.low * usual, gate.high * usual
    return [judged("volume", "events", "all", gate.level, observed, basis, low=low, high=high)]


def _rejects(days: Days, settings: Health) -> list[Finding]:
    """Duplicates have a gate of their own: a file that is delivered twice does no harm, a format that broke does."""
    gate, records = settings.rejects, _of(days.today, "records")
    read = sum(records.values())
    reasons = sorted(
        {reason for counts in (days.today, *days.earlier.values()) for reason in _of(counts, "records")} - {KEPT}
    )
    doubled = sum(rows for reason, rows in records.items() if reason.startswith(DUPLICATE))
    rejected = read - records.get(KEPT, 0) - doubled
    high, basis = settings.duplicates.max, "share of the records read"
    findings = [
        judged("rejects", "events", "all reasons", gate.level, _share(rejected, read), basis, high=gate.max),
        judged("duplicates", "events", "all", settings.duplicates.level, _share(doubled, read), basis, high=high),
    ]
    for reason in reasons:
        if reason.startswith(DUPLICATE):
            continue

        def share(counts: Counts, reason: str = reason) -> float | None:
            return _share(counts.get(("records", reason), 0), sum(_of(counts, "records").values()))

        findings.append(_risen("rejects", "events", reason, gate.level, days, share, gate.rise, settings))
    return findings


def _risen(
    gate: str,
    table: str,
    subject: str,
    level: str,
    days: Days,
    share: Callable[[Counts], float | None],
    rise: float,
    settings: Health,
) -> Finding:
    """A share that must not lie more than `rise` above its median of the earlier days."""
    usual = _median_share(days, share, settings)
    if usual is None:
        return not_judged(gate, table, subject, level, share(days.today), _too_few(days, settings))
    basis = f"{usual:.4g}, the median of the last days, plus {rise:g}"
    return judged(gate, table, subject, level, share(days.today), basis, high=min(usual + rise, 1.0))


def _event_nulls(counts: Counts) -> dict[str, tuple[str, int, int]]:
    """Subject -> column, events without it, events."""
    return {
        f"{column} of {kind}": (column, counts.get((f"no_{column}", kind), 0), rows)
        for column in SPARSE
        for kind, rows in _of(counts, "events").items()
    }


def _column_nulls(counts: Counts) -> dict[str, tuple[str, int, int]]:
    """Subject, which is the column, -> column, rows without it, rows."""
    return {column: (column, nulls, counts[("rows", "")]) for column, nulls in _of(counts, "nulls").items()}


def _nulls(
    days: Days, table: str, nulls: Callable[[Counts], dict[str, tuple[str, int, int]]], settings: Health
) -> list[Finding]:
    gate, findings = settings.nulls, []
    for subject, (column, missing, rows) in sorted(nulls(days.today).items()):
        limit = gate.max.get(f"{table}.{column}")
        if limit is not None:
            basis = "health.nulls.max"
            findings.append(judged("nulls", table, subject, gate.level, _share(missing, rows), basis, high=limit))
            continue

        def share(counts: Counts, subject: str = subject) -> float | None:
            _, missing, rows = nulls(counts).get(subject, ("", 0, 0))
            return _share(missing, rows)

        findings.append(_risen("nulls", table, subject, gate.level, days, share, gate.rise, settings))
    return findings


def _mix(days: Days, settings: Health) -> list[Finding]:
    gate, today = settings.mix, _of(days.today, "events")
    kinds = sorted({kind for counts in (days.today, *days.earlier.values()) for kind in _of(counts, "events")})
    total, findings = sum(today.values()), []
    full = [counts for counts in days.earlier.values() if _of(counts, "events")]
    if not total or len(full) < settings.min_days:
        return [not_judged("mix", "events", "all types", gate.level, None, _too_few(days, settings))]
    before = [sum(counts.get(("events", kind), 0) for counts in full) for kind in kinds]
    index, basis = psi(before, [today.get(kind, 0) for kind in kinds]), "PSI against the last days"
    findings.append(judged("mix", "events", "all types", gate.level, index, basis, high=gate.max_psi))
    for kind in kinds:
        usual = median(counts.get(("events", kind), 0) / sum(_of(counts, "events").values()) for counts in full)
        share = today.get(kind, 0) / total
        if usual * total < gate.min_events:
            basis = f"{usual * total:.0f} events are usual, fewer than {gate.min_events}"
            findings.append(not_judged("mix", "events", kind, gate.level, share, basis))
            continue
        low, high = usual / gate.max_ratio, usual * gate.max_ratio
        basis = f"1/{gate.max_ratio:g} to {gate.max_ratio:g} times {usual:.4g}, the median of the last days"
        findings.append(judged("mix", "events", kind, gate.level, share, basis, low=low, high=high))
    return findings


def _coverage(days: Days, table: str, settings: Health) -> list[Finding]:
    def share(counts: Counts) -> float | None:
        return _share(counts.get(("known_events", ""), 0), counts.get(("events", ""), 0))

    gate, observed, usual = settings.coverage, share(days.today), _median_share(days, share, settings)
    least = getattr(gate, table)
    low, basis = least, f"health.coverage.{table}"
    if usual is not None and usual - gate.drop > least:
        low, basis = usual - gate.drop, f"{usual:.4g}, the median of the last days, less {gate.drop:g}"
    return [judged("coverage", table, "events", gate.level, observed, basis, low=low)]

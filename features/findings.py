"""What a gate found, and how a value within or outside of what was expected is called."""

from __future__ import annotations

from dataclasses import dataclass

PASS, WARN, FAIL, NOT_JUDGED, ACCEPTED, OFF = "pass", "warn", "fail", "not judged", "accepted", "off"


@dataclass(frozen=True)
class Finding:
    """One gate on one subject of a table. low, high: the expected range, both included; None: without bound.

    observed: None where there is no such value. basis: where the range comes from, or why there is none.
    level: what a value outside means (`fail` or `warn`). verdict: `pass`, `warn`, `fail` or `not judged`.
    """

    gate: str
    table_name: str
    subject: str
    observed: float | None
    low: float | None
    high: float | None
    basis: str
    level: str
    verdict: str


def judged(
    gate: str,
    table: str,
    subject: str,
    level: str,
    observed: float | None,
    basis: str,
    *,
    low: float | None = None,
    high: float | None = None,
) -> Finding:
    """A value against its range; no value, as when nothing was read, can't be judged."""
    if observed is None:
        return not_judged(gate, table, subject, level, None, "nothing to measure")
    inside = (low is None or observed >= low) and (high is None or observed <= high)
    return Finding(gate, table, subject, float(observed), low, high, basis, level, PASS if inside else level)


def not_judged(gate: str, table: str, subject: str, level: str, observed: float | None, basis: str) -> Finding:
    value = None if observed is None else float(observed)
    return Finding(gate, table, subject, value, None, None, basis, level, NOT_JUDGED)

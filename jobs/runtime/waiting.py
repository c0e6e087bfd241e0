"""Waiting until a day's raw files are complete, up to the deadline of the night (T-1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from tenacity import RetryCallState, Retrying, retry_if_result

from jobs.errors import RunError
from jobs.runtime.config import Config
from jobs.runtime.raw import RawZone


def deadline_of(config: Config, day: dt.date) -> dt.datetime:
    """`health.deadline` of the day after, in the business time zone."""
    at = dt.time.fromisoformat(config.health.deadline)
    return dt.datetime.combine(day + dt.timedelta(1), at, ZoneInfo(config.data.time_zone))


def wait_for_day(
    config: Config,
    day: dt.date,
    *,
    now: Callable[[], dt.datetime],
    sleep: Callable[[float], None],
    say: Callable[[str], None] = print,
) -> None:
    """Return once the day's raw files are complete; they are looked for once even when the deadline has passed.

    now: an aware time. Raises RunError that names what is missing and what to do.
    """
    zone, until = RawZone(config.raw_root, config.data), deadline_of(config, day)
    shown = f"{until:%Y-%m-%d %H:%M} {config.data.time_zone}"

    def lacks(state: RetryCallState) -> str | None:
        return None if state.outcome is None else state.outcome.result()

    def tell(state: RetryCallState) -> None:
        if state.attempt_number == 1:
            say(f"waiting until {shown}: {lacks(state)}")

    missing = Retrying(
        retry=retry_if_result(lambda missing: missing is not None),
        # The last look is at the deadline itself.
        wait=lambda _: max(0.0, min(config.health.poll_seconds, (until - now()).total_seconds())),
        stop=lambda _: now() >= until,
        sleep=sleep,
        before_sleep=tell,
        retry_error_callback=lacks,
    )(zone.missing, day.isoformat())
    if missing:
        raise RunError(
            f"the raw files of {day} are not complete, and their deadline, {shown}, has passed: {missing} Have them "
            "delivered and run again; the lists that are live stay so."
        )
    say(f"the raw files of {day} are complete")

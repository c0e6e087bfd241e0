"""A data set in a few lines, to be altered."""

from __future__ import annotations

from typing import Any

from jobs.dataset import DataSet

LOG: dict[str, Any] = {
    "user_id": "user",
    "item_id": "item",
    "event_time": "at",
    "time_format": "iso",
    "types": {"click": {"when": "true", "role": "positive", "weight": 1.0}},
}
DATA: dict[str, Any] = {
    **{"name": "mine", "title": "Mine", "scene": "home", "first_day": "2026-01-01", "time_zone": "UTC"},
    **{"repeats": False, "events": LOG, "items": {"item_id": "item"}, "users": {"user_id": "user"}},
}


def data_set(**changes: Any) -> DataSet:
    """The data set with other values; those of `events` are merged into its log."""
    events = LOG | changes.pop("events", {})
    return DataSet.model_validate({**DATA, **changes, "events": events})

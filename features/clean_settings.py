"""What cleaning can be told; the words are those of docs/cleaning.md."""

from __future__ import annotations

from pydantic import Field

from features.settings import Settings


class Clean(Settings):
    """Limits that a record has to keep to, and rates that no human reaches; 0 switches a rate off."""

    early_minutes: int = Field(ge=0, lt=24 * 60)
    max_line_bytes: int = Field(ge=1000, le=1 << 28)
    max_value: float = Field(gt=0, lt=1e14)
    bot_events_per_minute: int = Field(ge=0)
    bot_events_per_day: int = Field(ge=0)

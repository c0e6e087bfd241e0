"""What the feature report is told; conf/predawn.toml says what each number means."""

from __future__ import annotations

from pydantic import Field

from features.settings import Settings


class ReportSettings(Settings):
    rows: int = Field(ge=1_000)
    bins: int = Field(ge=2, le=250)
    repeats: int = Field(ge=1)
    min_gain: float = Field(ge=0, lt=1)
    max_correlation: float = Field(gt=0, le=1)
    errors: float = Field(ge=0)
    seed: int

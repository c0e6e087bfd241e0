"""What the model report is told; conf/predawn.toml says what each number means."""

from __future__ import annotations

from pydantic import Field

from features.settings import Settings


class ModelReportSettings(Settings):
    """bins: of the calibration curve. repeats: of the bootstrap. top: features whose importance is kept."""

    bins: int = Field(ge=2, le=100)
    repeats: int = Field(ge=20)
    top: int = Field(ge=1)
    seed: int

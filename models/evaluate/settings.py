"""What the proof is told; conf/predawn.toml says what each value means."""

from __future__ import annotations

from pydantic import Field, model_validator

from features.settings import Settings
from models.evaluate.metrics import metric_names


class ProofSettings(Settings):
    rankers: tuple[str, ...]
    metric: str
    ks: tuple[int, ...] = Field(min_length=1)
    users: int = Field(ge=1)
    min_users: int = Field(ge=1)
    resamples: int = Field(ge=1, le=10_000)
    level: float = Field(gt=0, lt=1)
    quality_rankers: tuple[str, ...] = ()
    quality_users: int = Field(ge=1)
    new_days: int = Field(ge=1)
    ablation: bool
    seed: int

    @model_validator(mode="after")
    def _metric_is_measured(self) -> ProofSettings:
        if self.metric not in (names := metric_names(self.ks)):
            raise ValueError(f"metric is {self.metric!r}, and what is measured is {', '.join(names)}")
        return self

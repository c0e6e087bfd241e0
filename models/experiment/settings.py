"""How experiments are judged, apart from what judges them: the configuration of every job reads this, not SciPy."""

from __future__ import annotations

from pydantic import Field

from features.settings import Settings


class Judging(Settings):
    """alpha: the share of false alarms that is borne. power, effect: the relative change `effect` is worth finding, and
    is to be found with this probability; it also tunes the always-valid test. min_users: of a variant and of the
    control, below which nothing is tested, since the normal law of means isn't there yet.
    """

    alpha: float = Field(0.05, gt=0, lt=0.5)
    power: float = Field(0.8, gt=0.5, lt=1)
    effect: float = Field(0.05, gt=0)
    min_users: int = Field(100, ge=2)

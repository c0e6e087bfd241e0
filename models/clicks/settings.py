"""What the click model is told; conf/predawn.toml says what each number means. Plain data."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from features.settings import Settings


class Target(Settings):
    """One label in [0, 1] of all that may follow an exposure: the weighted mean of the events that did and of dwell.

    events: event type -> weight; empty: any positive event, with the weight 1. dwell: weight of the dwell time over
    `dwell_seconds`, at most 1.
    """

    events: dict[str, float] = Field(default_factory=dict)
    dwell: float = Field(0.0, ge=0)
    dwell_seconds: float = Field(60.0, gt=0)

    def parts(self, positive: Sequence[str]) -> list[tuple[tuple[str, ...], float]]:
        """Event types of which any counts, and its weight; without that of dwell."""
        return [((kind,), weight) for kind, weight in self.events.items()] or [(tuple(positive), 1.0)]


class ClickSettings(Settings):
    ranker: str
    negatives: float = Field(gt=0, le=1)
    seed: int
    target: Target

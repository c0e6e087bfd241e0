"""Which experiments run, and how they are judged: the section [experiments] of the configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from features.settings import Settings
from models.experiment.settings import Judging

if TYPE_CHECKING:
    from predawn.assignment import Experiment


class Layer(Settings):
    """An experiment. start, end: its first and last day; without an end it runs on. variants: name -> share of those
    who take part; the control, everyone's lists, gets what is left. traffic: the share of users who take part.
    """

    start: dt.date
    end: dt.date | None = None
    variants: dict[str, float]
    traffic: float = 1.0

    def runs(self, day: dt.date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


class Experiments(Judging):
    """clicks, conversions: event types; without clicks all positive ones, without conversions no metric of them.
    most_exposures: of a user on a day; whoever has more is a robot. layers: the experiments, by the name that salts who
    gets what: a new name is a new shuffle.
    """

    clicks: tuple[str, ...] = ()
    conversions: tuple[str, ...] = ()
    most_exposures: int = Field(1_000, ge=1)
    layers: dict[str, Layer] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Experiments:
        for name, layer in self.layers.items():
            self.experiment(name, "any")
            if layer.end and layer.end < layer.start:
                raise ValueError(f"experiment {name!r} ends on {layer.end}, before it starts on {layer.start}")
        for (one, first), (two, second) in combinations(self.layers.items(), 2):
            if first.start <= (second.end or dt.date.max) and second.start <= (first.end or dt.date.max):
                raise ValueError(
                    f"experiments {one!r} and {two!r} run on the same days, and a user can be shown one variant only: "
                    "make them variants of one layer, or let one end before the other starts"
                )
        return self

    def check(self, variants: Collection[str], events: Collection[str]) -> None:
        """Raises ValueError for names that are no variant or no event type of the data set."""
        named = {name for layer in self.layers.values() for name in layer.variants}
        if unknown := sorted(named - set(variants)):
            raise ValueError(
                f"experiments name the variants {', '.join(unknown)}, and there are {', '.join(variants) or 'none'}: "
                "say in [variants.<name>] what differs."
            )
        if strange := [event for event in (*self.clicks, *self.conversions) if event not in events]:
            raise ValueError(f"experiments name {strange[0]!r}, and the event types are {', '.join(events)}.")

    def experiment(self, layer: str, scene: str) -> Experiment:
        from predawn.assignment import Experiment  # brings the Redis client along, which most jobs can do without

        return Experiment(layer, scene, self.layers[layer].variants, self.layers[layer].traffic)

    def shown(self, scene: str, after: str) -> Experiment | None:
        """What readers assign users by on the day after a data day, when its lists are shown."""
        running = self.running((dt.date.fromisoformat(after) + dt.timedelta(1)).isoformat())
        return self.experiment(running[0], scene) if running else None

    def running(self, day: str) -> list[str]:
        """The layers that run on a day; one at most."""
        return [name for name, layer in self.layers.items() if layer.runs(dt.date.fromisoformat(day))]

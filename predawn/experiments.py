"""The experiment of a scene in Redis, beside its lists. Who gets what is data there, so a ramp needs no deployment."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from predawn import keys
from predawn.assignment import Experiment
from predawn.connection import Client, Command, answering, raw
from predawn.errors import Unavailable

log = logging.getLogger("predawn")


@dataclass
class Running:
    """What a reader knows of experiments. source: whether those in Redis count, or the experiments themselves."""

    source: bool | Sequence[Experiment] = False
    known: dict[str, tuple[Experiment | None, float]] = field(default_factory=dict)  # scene -> what, read when

    def of(
        self, scene: str, now: float, seconds: float, exists: bool
    ) -> Generator[Sequence[Command], list[Any], Experiment | None]:
        """What runs on the scene at `now`, remembered for so many seconds; null when nothing does.

        exists: whether the scene is known to have lists, for names that anyone may ask for must not fill the memory.
        """
        if not isinstance(self.source, bool):
            return next((each for each in self.source if each.scene == scene), None)
        experiment, read_at = self.known.get(scene, (None, -math.inf))
        if not self.source or now - read_at < seconds:
            return experiment
        try:
            [value] = yield [("GET", keys.experiment(scene))]
        except Unavailable:
            return experiment  # who was assigned stays assigned
        experiment = parse_experiment(raw(value), scene)
        if experiment or exists:
            self.known[scene] = experiment, now
        return experiment


def publish_experiment(client: Client, scene: str, experiment: Experiment | None) -> None:
    """From now on readers assign users by it; null ends whatever ran.

    Publish the variants' lists first: until then their users get everyone's. Raises ValueError for an experiment of
    another scene, Unavailable.
    """
    if experiment is not None and experiment.scene != scene:
        raise ValueError(f"experiment {experiment.layer!r} is one of scene {experiment.scene!r}, not of {scene!r}.")
    key = keys.experiment(scene)
    with answering(client):
        if experiment is None:
            client.unlink(key)
        else:
            client.set(key, experiment.to_json())


def read_experiment(client: Client, scene: str) -> Experiment | None:
    """What runs on the scene; null when nothing does. Raises Unavailable."""
    with answering(client):
        return parse_experiment(raw(client.get(keys.experiment(scene))), scene)


def parse_experiment(value: bytes | None, scene: str) -> Experiment | None:
    """A stored experiment; null when there is none, or when it is someone else's bytes, which is logged."""
    if value is None:
        return None
    try:
        found = Experiment.from_json(value)
    except ValueError as error:
        log.warning("%s holds %s Nobody is assigned.", keys.experiment(scene), error)
        return None
    return found if found.scene == scene else None

"""The routes that tell how the lists are: versions, health, readiness, metrics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from predawn.errors import PredawnError, UnknownScene
from predawn.http.endpoint import Call, Described, as_json
from predawn.http.metrics import CONTENT_TYPE, Age, Metrics
from predawn.http.parameters import options_of
from predawn.http.problems import Problem, ProblemError
from predawn.http.source import Source
from predawn.keys import day_of
from predawn.publication import KeptVersion, Status

DAY_SECONDS = 86_400
SCENE = ("scene",)

Clock = Callable[[], dt.datetime]

_VERSION = {
    "type": "object",
    "properties": {
        "version": {"type": "string"},
        "data_day": {"type": "string", "format": "date"},
        "state": {"type": "string", "description": "ready, writing, removing or expired"},
        "live": {"type": "boolean"},
        "users": {"type": ["integer", "null"], "description": "users with a list of their own"},
        "items_per_list": {"type": ["integer", "null"]},
        "since": {"type": ["integer", "null"], "description": "when it entered its state, seconds since 1970"},
        "memory_bytes": {"type": ["integer", "null"], "description": "in Redis, about"},
        "gate": {"type": ["string", "null"], "description": "what let the lists pass, in the publisher's words"},
        "products": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "keys of each"},
    },
    "required": ["version", "data_day", "state", "live", "users", "products"],
}
_SCENE = {
    "type": "object",
    "properties": {
        "scene": {"type": "string"},
        "variant": {"type": ["string", "null"]},
        "live": {"type": ["string", "null"]},
        "age_seconds": {"type": ["number", "null"], "description": "since the live lists' data day ended (UTC)"},
        "stale": {"type": "boolean", "description": "older than the server allows, or without live lists"},
        "versions": {"type": "array", "items": _VERSION},
    },
    "required": ["scene", "variant", "live", "age_seconds", "stale", "versions"],
}
_SCENES = {"type": "object", "properties": {"scenes": {"type": "array", "items": _SCENE}}, "required": ["scenes"]}
_READY = {"type": "object", "properties": {"status": {"const": "ready"}}, "required": ["status"]}
_ALIVE = {"type": "object", "properties": {"status": {"const": "alive"}}, "required": ["status"]}


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class StateRoutes:
    """Asks the source each time: these routes are for people and probes."""

    def __init__(
        self, source: Source, metrics: Metrics, scene: str | None, max_age_days: float, clock: Clock = utc_now
    ) -> None:
        self._source = source
        self._metrics = metrics
        self._scene = scene
        self._max_age_seconds = max_age_days * DAY_SECONDS
        self._clock = clock

    def described(self) -> Sequence[Described]:
        return (
            Described(
                "GET", "/v1/versions", "Scenes, variants, and the versions that are kept", self.versions, _SCENES,
                SCENE, problems=(404, 422, 503),
            ),
            Described("GET", "/healthz", "Whether the process answers", self.alive, _ALIVE),
            Described(
                "GET", "/readyz", "Whether lists are there and fresh", self.ready, _READY, problems=(503,)
            ),
            Described(
                "GET", "/metrics", "Metrics in OpenMetrics", self.metrics, {"type": "string"},
                media_type=CONTENT_TYPE,
            ),
        )  # fmt: skip

    async def versions(self, call: Call) -> bytes:
        scene = options_of(call.query, SCENE).scene
        found = await self._source.published()
        if scene is not None:
            names = sorted({each.scene for each in found})
            found = [each for each in found if each.scene == scene]
            if not found:
                raise UnknownScene(f"no scene {scene[:80]!r} is published: name one of {', '.join(map(repr, names))}.")
        return as_json({"scenes": [self._shown(each) for each in found]})

    async def alive(self, _: Call) -> bytes:
        return as_json({"status": "alive"})

    async def ready(self, _: Call) -> bytes:
        try:
            reasons = self.reasons(await self._source.published())
        except PredawnError as error:
            reasons = [str(error)]
        if reasons:
            raise ProblemError(Problem(503, "not-ready", " ".join(reasons), more={"reasons": reasons}))
        return as_json({"status": "ready"})

    async def metrics(self, _: Call) -> bytes:
        try:
            found = await self._source.published()
        except PredawnError:
            found = []  # an age that isn't known is left out; the errors and the breaker tell why
        live = [(each, version) for each in found if (version := whole(each))]
        ages = [Age(each.scene, each.variant, version, self.age(version)) for each, version in live]
        return self._metrics.render(ages)

    def age(self, version: str) -> float:
        """Seconds since the version's data day ended, by UTC."""
        ended = dt.datetime.fromisoformat(day_of(version)).replace(tzinfo=dt.UTC) + dt.timedelta(days=1)
        return (self._clock() - ended).total_seconds()

    def reasons(self, found: Sequence[Status]) -> list[str]:
        """Why the lists can't be relied on; none when they can. Variants come and go: only scenes' own lists count."""
        own = [each for each in found if each.variant is None and self._scene in (None, each.scene)]
        if not own:
            what = "no scene" if self._scene is None else f"scene {self._scene!r}"
            return [f"{what} is not published: publish it."]
        reasons = []
        for each in own:
            live = whole(each)
            if live is None:
                reasons.append(f"scene {each.scene!r} has no live lists: publish it.")
            elif self.age(live) > self._max_age_seconds:
                days = self.age(live) / DAY_SECONDS
                reasons.append(
                    f"scene {each.scene!r} is stale: data day {day_of(live)} ended {days:.1f} days ago, more than "
                    f"{self._max_age_seconds / DAY_SECONDS:g}: see why the night failed."
                )
        return reasons

    def _shown(self, each: Status) -> dict[str, Any]:
        live = whole(each)
        age = self.age(live) if live else None
        return {
            "scene": each.scene,
            "variant": each.variant,
            "live": live,
            "age_seconds": age,
            "stale": age is None or age > self._max_age_seconds,
            "versions": [_kept(kept) for kept in each.versions],
        }


def whole(status: Status) -> str | None:
    """The live version; null before the first publication and when its lists have expired."""
    return next((kept.version for kept in status.versions if kept.live and kept.manifest), None)


def _kept(kept: KeptVersion) -> dict[str, Any]:
    manifest = kept.manifest
    return {
        "version": kept.version,
        "data_day": day_of(kept.version),
        "state": kept.state,
        "live": kept.live,
        "since": kept.since,
        "users": manifest.users if manifest else None,
        "items_per_list": manifest.items_per_list if manifest else None,
        "memory_bytes": manifest.memory_bytes if manifest else None,
        "gate": manifest.gate if manifest else None,
        "products": manifest.counts if manifest else {},
    }

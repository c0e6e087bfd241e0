"""The routes that give out lists: a user's, several users', an item's, the popular one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from predawn.answers import Answer
from predawn.http.coalesce import Coalescer
from predawn.http.endpoint import Call, Described, as_json
from predawn.http.metrics import Metrics
from predawn.http.parameters import MAX_USERS, Options, batch_of, options_of
from predawn.http.source import Source

USER = ("n", "scene", "variant", "version", "exclude", "recent", "segment", "reasons")
ITEM = ("n", "scene", "variant", "version", "exclude", "kind")
POPULAR = ("n", "scene", "variant", "version", "exclude", "segment")
READ_PROBLEMS = (400, 404, 422, 502, 503)

_REASON = {
    "type": "object",
    "properties": {
        "score": {"type": ["number", "null"], "description": "the ranker's; null when not stored"},
        "channel": {"type": "string", "description": "the recall channel that proposed the item"},
        "evidence": {"type": ["string", "null"], "description": "the item that it follows from, if from one"},
    },
    "required": ["score", "channel", "evidence"],
}
ANSWER = {
    "type": "object",
    "properties": {
        "user": {"type": "string"},
        "scene": {"type": "string"},
        "variant": {"type": ["string", "null"], "description": "null for the scene's own lists"},
        "version": {"type": ["string", "null"], "description": "null in tier memory when nothing was ever read"},
        "data_day": {"type": ["string", "null"], "description": "the last day whose events the list knows"},
        "tier": {
            "enum": ["user", "segment", "popular", "item", "memory"],
            "description": "whose list it is: the user's, the segment's, everyone's, or the last one remembered",
        },
        "items": {"type": "array", "items": {"type": "string"}, "description": "best first, at most n"},
        "reasons": {
            "type": "array",
            "items": {"anyOf": [_REASON, {"type": "null"}]},
            "description": "only if asked for: one for each item, null where none is stored",
        },
    },
    "required": ["scene", "variant", "version", "data_day", "tier", "items"],
}


class ListRoutes:
    """Answers as JSON from a source; single look-ups that arrive together are read together."""

    def __init__(self, source: Source, metrics: Metrics, scene: str | None = None) -> None:
        self._source = source
        self._metrics = metrics
        self._scene = scene
        self._together: Coalescer[Options, Answer] = Coalescer(
            lambda options, users: source.top_many(users, options), metrics.read_together
        )

    def described(self) -> Sequence[Described]:
        user_ids = {"user": "the user's id"}
        item_ids = {"item": "the item's id"}
        batch = {"users": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_USERS}}
        answers = {
            "type": "object",
            "properties": {"answers": {"type": "array", "items": ANSWER}},
            "required": ["answers"],
        }
        return (
            Described(
                "GET", "/v1/users/{user}", "One user's list", self.user, ANSWER, USER, user_ids, READ_PROBLEMS
            ),
            Described(
                "GET", "/v1/items/{item}/similar", "What goes with an item", self.similar, ANSWER, ITEM, item_ids,
                READ_PROBLEMS,
            ),
            Described(
                "GET", "/v1/popular", "The list of those without one", self.popular, ANSWER, POPULAR,
                problems=READ_PROBLEMS,
            ),
            Described(
                "POST", "/v1/batch", "Several users' lists from one version", self.batch, answers, USER,
                problems=(*READ_PROBLEMS, 413), body=batch,
            ),
        )  # fmt: skip

    def _options(self, call: Call, names: tuple[str, ...]) -> Options:
        return self._with_scene(options_of(call.query, names))

    def _with_scene(self, options: Options) -> Options:
        return replace(options, scene=self._scene) if options.scene is None and self._scene is not None else options

    async def user(self, call: Call) -> bytes:
        options = self._options(call, USER)
        user = call.id("user")
        answer = await self._together.get(options, user)
        return self._single(call, answer, user=user)

    async def similar(self, call: Call) -> bytes:
        options, item = self._options(call, ITEM), call.id("item")
        return self._single(call, await self._source.similar(item, options), item=item, kind=options.kind)

    async def popular(self, call: Call) -> bytes:
        return self._single(call, await self._source.popular(self._options(call, POPULAR)))

    async def batch(self, call: Call) -> bytes:
        users, options = batch_of(await call.body(), USER)
        answers = await self._source.top_many(users, self._with_scene(options))
        for answer in answers:
            self._metrics.answered(answer.tier)
        return as_json(
            {"answers": [shown(answer, {"user": user}) for user, answer in zip(users, answers, strict=True)]}
        )

    def _single(self, call: Call, answer: Answer, **about: str) -> bytes:
        call.scope["predawn.tier"] = answer.tier
        self._metrics.answered(answer.tier)
        return as_json(shown(answer, about))


def shown(answer: Answer, about: dict[str, str]) -> dict[str, Any]:
    """An answer as a JSON object; `about` says what it is a list of."""
    document: dict[str, Any] = {
        **about,
        "scene": answer.scene,
        "variant": answer.variant,
        "version": answer.version,
        "data_day": answer.data_day,
        "tier": answer.tier,
        "items": answer.items,
    }
    if answer.reasons is not None:
        document["reasons"] = [None if each is None else each._asdict() for each in answer.reasons]
    return document

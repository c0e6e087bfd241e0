"""The routes behind the page: what is known of items, what a user did lately, a few users to try; and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from predawn.http.endpoint import Call, Described, as_json
from predawn.http.parameters import Options, options_of
from predawn.http.source import Source

STATIC = Path(__file__).with_name("static")
PLACE = ("scene", "variant", "version")
DETAILS = ("id", *PLACE)

_OBJECT = {"type": "object"}
_ITEMS = {
    "type": "object",
    "properties": {"items": {"type": "object", "additionalProperties": _OBJECT}},
    "required": ["items"],
}
_HISTORY = {
    "type": "object",
    "properties": {"user": {"type": "string"}, "history": {"type": "array", "items": _OBJECT}},
    "required": ["user", "history"],
}
_USERS = {
    "type": "object",
    "properties": {"users": {"type": "array", "items": {"type": "string"}}},
    "required": ["users"],
}
_PROBLEMS = (400, 404, 422, 503)
# Nothing on the page comes from elsewhere, and no other site may show it in a frame.
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
_PAGES = {"/": "index.html", "/docs": "docs.html"}
_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class PeopleRoutes:
    """Answers from optional products: without them, names and history are empty."""

    def __init__(self, source: Source, scene: str | None = None) -> None:
        self._source = source
        self._scene = scene

    def described(self) -> Sequence[Described]:
        return (
            Described(
                "GET", "/v1/items", "What is stored of items: name, category, price", self.items, _ITEMS, DETAILS,
                problems=_PROBLEMS,
            ),
            Described(
                "GET", "/v1/users/{user}/history", "What a user did lately, as of the version", self.history, _HISTORY,
                PLACE, {"user": "the user's id"}, _PROBLEMS,
            ),
            Described("GET", "/v1/users", "Some users with a list", self.users, _USERS, PLACE, problems=_PROBLEMS),
        )  # fmt: skip

    def _options(self, call: Call, names: tuple[str, ...]) -> Options:
        options = options_of(call.query, names)
        return replace(options, scene=self._scene) if options.scene is None and self._scene is not None else options

    async def items(self, call: Call) -> bytes:
        options = self._options(call, DETAILS)
        return as_json({"items": dict(await self._source.details(options.id, options))})

    async def history(self, call: Call) -> bytes:
        user = call.id("user")
        return as_json({"user": user, "history": list(await self._source.history(user, self._options(call, PLACE)))})

    async def users(self, call: Call) -> bytes:
        return as_json({"users": list(await self._source.some_users(self._options(call, PLACE)))})


class StaticFile:
    """One file of the page."""

    def __init__(self, route: str, path: Path) -> None:
        self._route = route
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["predawn.route"] = self._route
        response = FileResponse(self._path, headers=_HEADERS, media_type=_MEDIA_TYPES[self._path.suffix])
        await response(scope, receive, send)


def page_routes() -> list[Route]:
    """The page, the documentation, and their files."""
    files = {route: STATIC / name for route, name in _PAGES.items()}
    files |= {f"/static/{path.name}": path for path in sorted(STATIC.iterdir()) if path.suffix != ".html"}
    return [Route(route, StaticFile(route, path), methods=["GET"]) for route, path in files.items()]

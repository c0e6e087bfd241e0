"""A route: what the OpenAPI document says of it, and the plain ASGI endpoint that serves it.

Plain, because on the way to a list a request object and a response object would cost more than the list does.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from predawn.http.parameters import MAX_BODY
from predawn.http.problems import Problem, ProblemError

JSON_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class Call:
    """One request, as far as a route looks at it."""

    __slots__ = ("receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive

    @property
    def query(self) -> bytes:
        query: bytes = self.scope["query_string"]
        return query

    def id(self, name: str) -> str:
        """An id in the path, percent-decoded. Raises UnicodeDecodeError."""
        text: str = self.scope["path_params"][name]
        return unquote(text, errors="strict") if "%" in text else text

    async def body(self) -> bytes:
        """The whole body. Raises ProblemError when it is longer than MAX_BODY, before more of it is held in memory."""
        body = bytearray()
        async for part in Request(self.scope, self.receive).stream():
            body += part
            if len(body) > MAX_BODY:
                raise ProblemError(
                    Problem(413, "too-large", f"the body has more than {MAX_BODY} bytes: send fewer users at once.")
                )
        return bytes(body)


Answering = Callable[[Call], Awaitable[bytes]]


@dataclass(frozen=True)
class Described:
    """One route. parameters: names from parameters.PARAMETERS that its query may have (or, for a POST, its body);
    ids: what the path holds; schema: JSON Schema of the answer; problems: kinds it may end in."""

    method: str
    path: str
    summary: str
    answer: Answering
    schema: Mapping[str, Any]
    parameters: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[int] = ()
    media_type: str = "application/json"
    body: Mapping[str, Any] | None = None

    def route(self) -> Route:
        return Route(self.path, Endpoint(self), methods=[self.method])


class Endpoint:
    """Serves one described route; errors go on to the application's handler."""

    def __init__(self, described: Described) -> None:
        self._path = described.path
        self._answer = described.answer
        self._headers = list(JSON_HEADERS)
        self._headers[0] = (b"content-type", described.media_type.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["predawn.route"] = self._path
        body = await self._answer(Call(scope, receive))
        headers = [*self._headers, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def as_json(value: Any) -> bytes:
    """UTF-8; a lone surrogate, which a JSON body may have brought, goes back as the escape that it came as."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()

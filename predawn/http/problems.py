"""Errors as JSON problem documents (RFC 9457): what went wrong, with which thing, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from predawn.errors import CorruptList, InvalidId, NoPublication, PredawnError, Unavailable, UnknownScene

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "1"


class BadParameter(ValueError):
    """A parameter or body that can't be right; the message names it and the remedy."""


class UnknownVersion(PredawnError):
    """The version that was asked for isn't kept."""


@dataclass(frozen=True)
class Problem:
    """kind: the word that stands for the problem in `type` and in docs/http.md; detail: one sentence for people;
    more: further members of the document."""

    status: int
    kind: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def response(self, root_path: str = "", instance: str | None = None) -> Response:
        document = {
            "type": f"{root_path}/docs#{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        if instance is not None:
            document["instance"] = instance
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        return Response(body, self.status, {"cache-control": "no-store", **self.headers}, MEDIA_TYPE)


class ProblemError(Exception):
    """Ends a request in this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


# The kinds, and what each means: the documentation page and docs/http.md list them.
KINDS = {
    "bad-parameter": "a parameter, its value or the body is wrong: mend the request",
    "bad-id": "an id that can't exist: empty, longer than 1024 bytes of UTF-8, or no text",
    "bad-encoding": "the path or query isn't percent-encoded UTF-8",
    "no-key": "no API key, or a wrong one",
    "no-route": "there is no such path",
    "unknown-scene": "the scene or variant isn't published, or none was named and there are several",
    "unknown-version": "the version isn't kept: it was never published, or is pruned or expired",
    "method": "the path exists, but not with this method",
    "too-large": "the body is larger than the server reads",
    "rate": "this client sent more requests than it may: wait as long as Retry-After says",
    "internal": "a fault of the server: its log has the traceback",
    "corrupt": "Redis holds bytes that no publisher has written: publish the scene again",
    "no-publication": "the scene has no lists now: never published, or expired",
    "unavailable": "Redis doesn't answer, and there is no remembered list to fall back on",
    "not-ready": "lists are stale or missing, or Redis doesn't answer",
}

_HTTP_KINDS = {404: "no-route", 405: "method"}


def problem_of(error: Exception) -> Problem:
    """What to answer to whatever the reader or the framework raises."""
    detail = str(error)
    match error:
        case ProblemError():
            return error.problem
        case UnknownScene():
            return Problem(404, "unknown-scene", detail)
        case UnknownVersion():
            return Problem(404, "unknown-version", detail)
        case NoPublication():
            return Problem(503, "no-publication", detail)
        case CorruptList():
            return Problem(502, "corrupt", detail)
        case Unavailable():
            return Problem(503, "unavailable", detail, {"retry-after": RETRY_SECONDS})
        case InvalidId():
            return Problem(422, "bad-id", detail)
        case UnicodeDecodeError():
            return Problem(400, "bad-encoding", "the URL isn't percent-encoded UTF-8: encode ids byte by byte.")
        case BadParameter():
            return Problem(422, "bad-parameter", detail)
        case HTTPException():
            return _http_problem(error)
    return Problem(500, "internal", "the server failed on this request: its log has the traceback.")


def _http_problem(error: HTTPException) -> Problem:
    kind = _HTTP_KINDS.get(error.status_code, "bad-parameter")
    detail = {
        404: "there is no such path: see /docs; percent-encode ids, a slash as %2F, and don't leave them out.",
        405: "this path doesn't answer that method: see the header Allow.",
    }.get(error.status_code, str(error.detail))
    return Problem(error.status_code, kind, detail, error.headers or {})


async def on_error(request: Request, error: Exception) -> Response:
    """The one exception handler of the application. It also leaves the error's name for the metrics."""
    request.scope["predawn.error"] = type(error).__name__
    return problem_of(error).response(request.scope.get("root_path", ""), request.scope["path"])

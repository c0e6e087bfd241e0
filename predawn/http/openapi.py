"""The OpenAPI document, from what the routes say of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from predawn.http.endpoint import Described
from predawn.http.parameters import PARAMETERS
from predawn.http.problems import KINDS, MEDIA_TYPE

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457: what went wrong, with which thing, and what to do. The kind ends `type`.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}
_ANYWHERE = (429, 500)


def document(routes: Iterable[Described], with_key: bool, root_path: str) -> dict[str, Any]:
    """OpenAPI 3.1 of the routes. with_key: whether /v1 and /metrics ask for a key."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, with_key)
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Predawn",
            "version": _version(),
            "description": "Nightly recommendation lists. Ids in paths are percent-encoded UTF-8, a slash as %2F.",
        },
        "servers": [{"url": root_path or "/"}],
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
        "x-problems": KINDS,
    }
    if with_key:
        described["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
    return described


def _operation(route: Described, with_key: bool) -> dict[str, Any]:
    media_type = route.media_type.partition(";")[0]
    guarded = with_key and route.path.startswith(("/v1/", "/metrics"))
    problems = sorted({*route.problems, *_ANYWHERE, *([401] if guarded else [])})
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": route.method.lower() + "".join(part.capitalize() for part in _words(route.path)),
        "parameters": [
            {"name": name, "in": "path", "required": True, "description": doc, "schema": {"type": "string"}}
            for name, doc in route.ids.items()
        ],
        "responses": {
            "200": {"description": route.summary, "content": {media_type: {"schema": dict(route.schema)}}},
            **{str(status): _problem(status) for status in problems},
        },
    }
    if route.body is None:
        operation["parameters"] += [_parameter(name) for name in route.parameters]
    else:
        properties = {**route.body, **{name: _field(name) for name in route.parameters}}
        schema = {
            "type": "object",
            "properties": properties,
            "required": list(route.body),
            "additionalProperties": False,
        }
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if guarded:
        operation["security"] = [{"bearer": []}, {"header": []}]
    return operation


def _parameter(name: str) -> dict[str, Any]:
    parameter = PARAMETERS[name]
    described = {"name": name, "in": "query", "description": parameter.doc, "schema": _field(name, doc=False)}
    return {**described, "explode": True} if parameter.repeated else described


def _field(name: str, doc: bool = True) -> dict[str, Any]:
    parameter = PARAMETERS[name]
    schema = dict(parameter.schema)
    if parameter.repeated:
        schema = {"type": "array", "items": schema}
    return {**schema, "description": parameter.doc} if doc else schema


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}


def _words(path: str) -> list[str]:
    return [part.strip("{}") for part in path.split("/") if part]


def _version() -> str:
    try:
        return version("predawn")
    except PackageNotFoundError:
        return "0"

"""The OpenAPI document is valid, complete, and tells the truth."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from starlette.routing import Route

from predawn.http.app import create_app
from predawn.http.parameters import PARAMETERS
from predawn.http.problems import KINDS
from predawn.http.settings import ServeSettings
from tests.predawn.http.support import Client, MemorySource, serving

FILLED = {"{user}": "612", "{item}": "7"}


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    with serving(MemorySource()) as client:
        yield client


@pytest.fixture(scope="module")
def document(server: Client) -> Any:
    return server.get("/openapi.json").json()


def test_the_document_is_valid(document: Any) -> None:
    validate(document)


def test_every_route_is_described_and_nothing_else(document: Any) -> None:
    app = create_app(MemorySource(), ServeSettings())
    routes = {route.path for route in app.routes if isinstance(route, Route) and not route.path.startswith("/static/")}
    assert routes - {"/", "/docs", "/openapi.json"} == set(document["paths"])


def test_every_parameter_is_described(document: Any) -> None:
    named = {
        parameter["name"]
        for verbs in document["paths"].values()
        for operation in verbs.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    }
    assert named == set(PARAMETERS)


def test_answers_are_as_described(server: Client, document: Any) -> None:
    checked = 0
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            for word, value in FILLED.items():
                path = path.replace(word, value)
            reply = server.get(path) if verb == "get" else server.post(path, {"users": ["1"], "reasons": True})
            [(media_type, content)] = operation["responses"]["200"]["content"].items()
            assert reply.status == 200, path
            assert reply.headers["content-type"].partition(";")[0] == media_type
            if media_type == "application/json":
                OAS31Validator(content["schema"]).validate(reply.json())
                checked += 1
    assert checked >= 9


def test_problems_are_as_described(server: Client, document: Any) -> None:
    schema = document["components"]["schemas"]["Problem"]
    for path in ("/v1/users/1?n=0", "/nowhere", "/v1/batch", "/v1/users/%ff"):
        problem = server.get(path).json()
        OAS31Validator(schema).validate(problem)
        assert problem["type"].partition("#")[2] in document["x-problems"] == KINDS

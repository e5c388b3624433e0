from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator

from worker.gateway import api
from worker.gateway.api import openapi


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(api.OPERATIONS, api.ROOT)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_what_is_served_is_what_is_described(document: dict[str, Any]) -> None:
    app = web.Application()
    api.routes(app)

    served = {
        (route.method.lower(), route.resource.canonical.removeprefix(api.ROOT))
        for route in app.router.routes()
        if route.resource is not None
    }
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}

    assert served - described == {("get", "/openapi.json"), ("head", "/openapi.json")}
    assert described - served == set()


def test_operations_have_distinct_names(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    assert len(names) == len(set(names))


def test_no_answer_can_carry_a_secret_but_where_it_is_made(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    telling = {name for name, schema in schemas.items() if {"secret", "api_key"} & set(schema.get("properties", {}))}

    assert telling == {"PutSource", "NewSecret", "WantedSource"}
    assert not re.search(r'"sealed"|"secrets"', str(schemas))

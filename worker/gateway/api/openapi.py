"""The OpenAPI 3.1 document, made from the same declarations as the routes (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import jobs
from jobs import actors
from worker.gateway.api.answers import Problem
from worker.gateway.api.operation import Operation

_REFERENCE = "#/components/schemas/{model}"
_ALWAYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
"""How every operation may fail."""

Json = dict[str, Any]
_Schemas = dict[tuple[Any, JsonSchemaMode], Json]
"""Schemas by record and direction."""


def document(operations: Sequence[Operation], server: str) -> Json:
    """Describe the operations, as served below the address `server`."""
    schemas, definitions = models_json_schema(_models(operations), ref_template=_REFERENCE)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "JCA",
            "version": jobs.__version__,
            "description": "Turns tickets into validated pull requests.",
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": _paths(operations, schemas),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": definitions["$defs"],
        },
    }


def _models(operations: Sequence[Operation]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    found: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for operation in operations:
        if operation.answer is not None:
            found[operation.answer, "serialization"] = None
        for given in (operation.body, operation.query):
            if given is not None:
                found[given, "validation"] = None
    return list(found)


def _paths(operations: Sequence[Operation], schemas: _Schemas) -> Json:
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return paths


def _described(operation: Operation, schemas: _Schemas) -> Json:
    described: Json = {"operationId": operation.name, "summary": operation.summary}
    parameters = [*_in_path(operation.path), *_in_query(operation.query), *_in_headers(operation.method)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        content = {"application/json": {"schema": schemas[operation.body, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = _responses(operation, schemas)
    return described


def _in_path(path: str) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(query: type[BaseModel] | None) -> list[Json]:
    if query is None:
        return []
    described = query.model_json_schema()
    properties: dict[str, Json] = described["properties"]
    required = set(described.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _plain(schema)}
        for name, schema in properties.items()
    ]


def _in_headers(method: str) -> list[Json]:
    """For whom a change is made; nothing else is asked of a request's headers."""
    if method == "GET":
        return []
    about = "For whom this is done, as the audit log will say: letters, digits and ._@+-"
    schema = {"type": "string", "maxLength": 68}
    return [{"name": actors.HEADER, "in": "header", "description": about, "schema": schema}]


def _plain(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "title"}


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    content: Json = {operation.text: {"schema": {"type": "string"}}} if operation.text else {}
    if operation.answer is not None:
        content["application/json"] = {"schema": schemas[operation.answer, "serialization"]}
    answer: Json = {"description": operation.status.phrase} | ({"content": content} if content else {})
    problem = {"application/json": {"schema": schemas[Problem, "serialization"]}}
    wrong = (HTTPStatus.BAD_REQUEST,) if operation.body or operation.query else ()
    failures = sorted({*operation.problems, *wrong, *_ALWAYS})
    return {str(operation.status.value): answer} | {
        str(status.value): {"description": status.phrase, "content": problem} for status in failures
    }

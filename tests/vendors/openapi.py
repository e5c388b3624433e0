"""Vendors' descriptions of their interfaces, cut down to what is used of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

Route = tuple[str, str]
"""Method in capitals, and path in which every parameter is `{}`."""

_PARAMETER = re.compile(r"\{[^}]*\}")


def route(method: str, path: str) -> Route:
    return method.upper(), _PARAMETER.sub("{}", path)


def trimmed(described: dict[str, Any], routes: Iterable[Route]) -> dict[str, Any]:
    """A description of these routes alone, with every component they lead to."""
    wanted, paths = set(routes), {}
    for path, operations in described["paths"].items():
        shared = {"parameters": operations["parameters"]} if "parameters" in operations else {}
        kept = {method: told for method, told in operations.items() if route(method, path) in wanted}
        if kept:
            paths[path] = shared | kept
    return {
        "openapi": described["openapi"],
        "info": described["info"],
        "paths": paths,
        "components": _components(described, paths),
    }


def described_routes(described: dict[str, Any]) -> set[Route]:
    return {route(method, path) for path, operations in described["paths"].items() for method in operations}


def matches(template: str, path: str) -> dict[str, str] | None:
    """The parameters of a path, by their names in the template; None when it is none of that template's."""
    pattern = "".join(
        f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", template)
    )
    match = re.fullmatch(pattern, path)
    return match.groupdict() if match else None


def demand_something(described: dict[str, Any], name: str) -> None:
    """Leave out those alternatives of a schema that require nothing: whatever comes would be one of them."""
    schemas = described["components"]["schemas"]
    alternatives = schemas[name]["anyOf"]
    strict = [one for one in alternatives if schemas[one["$ref"].rpartition("/")[2]].get("required")]
    assert 0 < len(strict) < len(alternatives)
    schemas[name]["anyOf"] = strict


def _components(described: dict[str, Any], root: object) -> dict[str, Any]:
    """What is referred to, directly and by way of others; of a nested pointer the whole component."""
    found: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        for pointer in _references(waiting.pop()):
            _, home, kind, name, *_ = pointer.split("/")
            assert home == "components", pointer
            if name not in found.setdefault(kind, {}):
                found[kind][name] = described["components"][kind][name]
                waiting.append(found[kind][name])
    return found


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(pointer := value.get("$ref"), str):
            yield pointer
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list):
        for member in value:
            yield from _references(member)


def spelled_out(value: Any) -> Any:  # noqa: ANN401 - any part of a description
    """The same with `nullable` as an alternative of its own where no type stands beside it.

    The validator in Prism knows it only beside a type; a schema that has it elsewhere does not compile there, and what
    does not compile is not judged, without a word.
    """
    if isinstance(value, list):
        return [spelled_out(member) for member in value]
    if not isinstance(value, dict):
        return value
    spelled = {name: spelled_out(member) for name, member in value.items()}
    if spelled.get("nullable") is not True or "type" in spelled:
        return spelled
    del spelled["nullable"]
    return {"anyOf": [spelled, {"enum": [None]}]}

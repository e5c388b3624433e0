"""The house rules of docs/architecture.md, kept by looking at the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("jobs", "webhooks", "worker")
SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts and "sample" not in path.parts
)
LONGEST_MODULE, LONGEST_FUNCTION = 250, 30  # lines

# (who, may not import): a module whose dotted name starts with the first never imports one that starts with the second
FORBIDDEN = [
    ("jobs", "webhooks"),
    ("jobs", "worker"),
    ("webhooks", "worker"),
    ("worker.gateway", "worker.duties"),
    ("worker.gateway", "worker.executor"),
    ("worker.duties", "worker.gateway"),
    ("worker.duties", "worker.executor"),
    ("worker.executor", "worker.gateway"),
    ("worker.executor", "worker.duties"),
    ("worker.providers", "worker.agent"),
    ("worker.agent", "worker.providers"),
    ("worker.agent", "worker.sandbox"),
]

# (library, the only places that import it)
ONLY_IN = {
    "arq": ("jobs.queue", "jobs.events"),
    "redis": ("jobs.queue", "jobs.events"),
    "sqlalchemy": ("jobs.ledger",),
    "alembic": ("jobs.ledger",),
    "git": ("worker.sandbox", "worker.executor.push"),
    "webhooks": ("webhooks", "worker.compose"),
    "worker.gateway": ("worker.gateway", "worker.compose"),
}

SERVERS = ("webhooks.app", "worker.gateway", "worker.demo.model", "worker.serving")
"""Where HTTP is answered."""


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(name: str, places: tuple[str, ...] | str) -> bool:
    return any(
        name == place or name.startswith(f"{place}.") for place in ([places] if isinstance(places, str) else places)
    )


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_modules_import_only_what_their_room_may(path: Path) -> None:
    module, imported = _module(path), set(_imports(path))
    wrong = [
        f"{module} imports {name}"
        for who, what in FORBIDDEN
        if _within(module, who)
        for name in imported
        if _within(name, what)
    ]
    wrong += [
        f"{module} imports {name}, which only {places} may"
        for library, places in ONLY_IN.items()
        if not _within(module, places)
        for name in imported
        if _within(name, library)
    ]
    if "aiohttp.web" in imported and not _within(module, SERVERS):
        wrong.append(f"{module} answers HTTP")
    if _within(module, "worker.sandbox"):
        wrong += [name for name in imported if _within(name, "worker") and not _within(name, "worker.sandbox")]

    assert wrong == []


@pytest.mark.parametrize("path", SOURCES, ids=_module)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [
        f"{f.name}: {f.end_lineno - f.lineno + 1}"
        for f in functions
        if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION
    ]

    assert long == []
    assert text.count("\n") <= LONGEST_MODULE


def test_the_rules_speak_of_rooms_that_exist() -> None:
    named = (
        {room for pair in FORBIDDEN for room in pair}
        | {room for rooms in ONLY_IN.values() for room in rooms}
        | {*SERVERS}
    )
    known = {_module(path) for path in SOURCES}

    assert named - known == set()

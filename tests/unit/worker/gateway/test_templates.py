"""Templates keep to the content security policy and never switch escaping off."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

GATEWAY = Path(__file__).parents[4] / "worker" / "gateway"
TEMPLATES = sorted((GATEWAY / "templates").rglob("*.html"))

FORBIDDEN = {
    "a filter that switches escaping off": re.compile(r"\|\s*safe\b|autoescape"),
    "an inline style": re.compile(r"\sstyle\s*=|<style"),
    "an inline handler": re.compile(r"\son[a-z]+\s*="),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "another server": re.compile(r"(?:src|href|action)=\"(?:https?:)?//"),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(path: Path, what: str) -> None:
    found = FORBIDDEN[what].search(path.read_text())
    assert found is None, f"{path.name} holds {what}: {found}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_link_that_comes_from_data_is_checked_and_cut_loose(path: Path) -> None:
    for line in path.read_text().splitlines():
        if re.search(r'href="\{\{\s*\w+\.(?:ticket|pull_request)\.url', line):
            assert "is_web_link(" in line
            assert 'rel="noopener noreferrer"' in line


def test_every_template_compiles() -> None:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(GATEWAY / "templates"), autoescape=True)
    environment.filters.update(
        dict.fromkeys(("ansi", "diff_rows", "prose", "duration", "number", "money", "clock", "full"), str),
    )
    for path in TEMPLATES:
        environment.get_template(str(path.relative_to(GATEWAY / "templates")))


@pytest.mark.parametrize("path", sorted((GATEWAY / "static").glob("*.js")), ids=lambda path: path.name)
def test_a_script_stays_small_and_makes_no_code_from_text(path: Path) -> None:
    script = path.read_text()

    assert len(script.splitlines()) < 250
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", script)

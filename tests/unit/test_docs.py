"""The words for readers name what there is, and everything there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from jobs.directives import parse_directives
from jobs.directives.pairs import KEYS
from jobs.directives.support import unsupported
from jobs.provisioning import Provisioned
from jobs.settings import PREFIX, Settings
from worker.cli.app import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TICKETS = (ROOT / "docs" / "tickets.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
BESIDE = {"JCA_SECRETS_DIR"}
"""Variables that are read before the settings are, so no field of theirs."""


def _named() -> Iterator[str]:
    """Every variable of the table's first column; `…_MODEL` goes on where the first one of its row ends."""
    for row in re.findall(r"^\| (`JCA_.*?) \|", CONFIGURATION, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", row)
        yield first
        for other in others:
            yield other.replace("…", first.removesuffix("_BASE_URL")) if "…" in other else other


def test_the_configuration_page_names_every_setting_and_no_other() -> None:
    named = list(_named())

    assert sorted(named) == sorted({*named})
    assert set(named) | BESIDE == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | BESIDE
    assert all(name in CONFIGURATION for name in BESIDE)


def test_the_page_on_tickets_names_every_key_and_its_example_is_read() -> None:
    named = re.findall(r"^\| `([a-z_]+)`", TICKETS.partition("## Context")[0], re.MULTILINE)
    example = re.findall(r"```\n(.*?)```", TICKETS, re.DOTALL)[0]

    assert sorted(named) == sorted(KEYS)
    assert parse_directives(example).status == "ok"
    assert unsupported(parse_directives(example).directives) is None


def test_the_provisioned_file_of_the_configuration_page_is_accepted() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", CONFIGURATION, re.DOTALL)
    read = Provisioned.model_validate(yaml.safe_load(example))

    assert read.repositories
    assert read.providers
    assert read.sources
    assert read.workspace


def test_every_command_is_written_about() -> None:
    text = "\n".join(page.read_text() for page in PAGES)

    assert [command.name for command in COMMANDS if not re.search(rf"\bjca {command.name}\b", text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_the_words_exists(page: Path) -> None:
    known = {command.name for command in COMMANDS}
    blocks = re.findall(r"^```(?:bash|sh)?\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`(jca [^`]*)`", page.read_text())
    used = [match[1] for line in [*lines, *inline] if (match := re.match(r"(?:\S+/)?jca ([a-z]+)", line))]

    assert [name for name in used if name not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []

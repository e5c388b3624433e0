from __future__ import annotations

import pytest

from jobs.catalog import Workspace
from jobs.directives import has_block
from jobs.eligibility import eligible
from jobs.ticket import Ticket

BLOCK = "[JCA]\nmodel=gpt-5\n[/JCA]"
BROKEN = "[JCA]\nmodle=gpt-5\n[/JCA]"
QUOTED = "> [JCA]\n> model=gpt-5\n> [/JCA]"


def _reason(body: str, *labels: str, workspace: Workspace | None = None) -> str | None:
    ticket = Ticket(source="github", key="a/b#1", title="t", body=body, labels=labels)
    return eligible(ticket, workspace or Workspace(), has_block=has_block(body))


@pytest.mark.parametrize("body", ["", "Please fix this.", BLOCK, BROKEN])
@pytest.mark.parametrize("label", ["jca", "JCA"])
def test_the_managed_label_is_enough(body: str, label: str) -> None:
    assert _reason(body, "bug", label) is None
    assert _reason(body, label, workspace=Workspace(require_label=True)) is None


def test_the_managed_label_is_the_configured_one() -> None:
    assert _reason("", "robot", workspace=Workspace(managed_label="robot")) is None
    assert _reason("", "jca", workspace=Workspace(managed_label="robot")) == "managed_label_missing"


@pytest.mark.parametrize("body", [BLOCK, BROKEN])
def test_a_block_is_enough_unless_the_label_is_required(body: str) -> None:
    assert _reason(body, "bug") is None
    assert _reason(body, "bug", workspace=Workspace(require_label=True)) == "managed_label_missing"


@pytest.mark.parametrize("body", ["", "The [JCA] tag is nice.", QUOTED, f"```\n{BLOCK}\n```"])
def test_text_without_a_block_of_its_own_asks_for_nothing(body: str) -> None:
    assert _reason(body, "bug", "model:gpt-5") == "managed_label_missing"

"""Which rules cannot be meant for a kind of source."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs.intake_rules import IntakeRules, Marks, faults

JIRA = IntakeRules(
    projects=("PAY", "ops_2"),
    ready_states=("To Do",),
    require_assignee=True,
    assignees=("ann",),
    groups=("jira developers",),
    roles=("Developers",),
    labels=Marks(working="jca-working"),
    states=Marks(review="In Review"),
    assign="ann",
    poll_seconds=30,
)


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        ("jira", JIRA),
        ("github", IntakeRules(projects=("acme/shop",), labels=Marks(working="at work"))),
        ("local", IntakeRules(projects=("anything at all",), ready_states=("To Do",))),
    ],
)
def test_rules_that_fit_their_source_have_no_faults(kind: str, rules: IntakeRules) -> None:
    assert faults(rules, kind, "jca") == {}


@pytest.mark.parametrize(
    ("kind", "rules", "field", "words"),
    [
        ("github", IntakeRules(groups=("devs",)), "groups", "Nothing acts on this for GitHub"),
        ("github", IntakeRules(ready_states=("To Do",)), "ready_states", "Nothing acts on this for GitHub"),
        ("local", IntakeRules(assign="ann"), "assign", "Nothing acts on this for a local source"),
        ("github", IntakeRules(projects=("PAY",)), "projects", "PAY is not a repository of GitHub"),
        ("jira", IntakeRules(projects=("PAY", "acme/shop")), "projects", "acme/shop is not the key of a project"),
        ("jira", IntakeRules(assignees=("ann",)), "assignees", "only where a ticket must be assigned"),
        ("jira", IntakeRules(labels=Marks(review="in review")), "labels.review", "holds no spaces"),
        ("github", IntakeRules(labels=Marks(blocked="JCA")), "labels.blocked", "the label that asks for work"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_named_with_its_reason(
    kind: str, rules: IntakeRules, field: str, words: str
) -> None:
    found = faults(rules, kind, "jca")

    assert list(found) == [field]
    assert words in found[field]


@pytest.mark.parametrize("name", ["", "a\nb", "a\0b", "x" * 256])
def test_a_name_no_tracker_could_have_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        IntakeRules(projects=(name,))

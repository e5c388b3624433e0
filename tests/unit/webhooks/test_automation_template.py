"""The Automation body of docs/jira.md, filled in as Jira would, is a request."""

from __future__ import annotations

import json
import re
from pathlib import Path

from jobs.ticket import Person
from webhooks.jira import Rules, read_jira
from webhooks.reading import Intake

PAGE = Path(__file__).resolve().parents[3] / "docs" / "jira.md"
VALUES: dict[str, object] = {
    "initiator.accountId": "5b10",
    "initiator.displayName": 'Ann "the boss" Lee',
    "issue.key": "PAY-412",
    "issue.self": "https://acme.atlassian.net/rest/api/2/issue/10002",
    "issue.summary": "Refunds",
    "issue.description": "Round them.\n\n[JCA]\nwork_repos=payments\n[/JCA]",
    "issue.labels": ["jca", "repo-payments"],
    "issue.status.name": "To Do",
}


def test_the_template_reads_as_the_issue_it_was_filled_with() -> None:
    (template,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    used = re.findall(r"\{\{([\w.]+)\.asJsonString(?:Array)?\}\}", template)
    body = re.sub(r"\{\{([\w.]+)\.asJsonString(?:Array)?\}\}", lambda match: json.dumps(VALUES[match[1]]), template)

    intake = read_jira("jira", {}, body.encode(), Rules("jca"))

    assert sorted(used) == sorted(VALUES)
    assert isinstance(intake, Intake)
    assert intake.actor == Person(id="5b10", name=str(VALUES["initiator.displayName"]))
    assert (intake.ticket.key, intake.ticket.title, intake.ticket.body) == (
        "PAY-412",
        "Refunds",
        VALUES["issue.description"],
    )
    assert intake.ticket.labels == ("jca", "repo-payments")
    assert intake.ticket.state == "To Do"

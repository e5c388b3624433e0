"""What our client asks of Jira Cloud and what our fake answers, by the schemas of jira.js.

Atlassian publishes its OpenAPI description on its website only, as no package. jira.js is the client in npm whose
schemas are generated from that description and compared with what Jira Cloud answers; it is no word of Atlassian's.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.jira.server import serving
from tests.vendors import jira_verbs
from tests.vendors.node import judged
from tests.vendors.openapi import matches
from tests.vendors.tap import Exchange, tapped

pytestmark = [pytest.mark.vendors, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

PACKAGE = ("jira.js", "6.2.0")
API = "/rest/api/3"
JUDGE = "jira_judge.mjs"


@dataclass(frozen=True)
class Operation:
    """How jira.js calls what we ask."""

    name: str
    model: str = ""
    """Of what is answered; empty where that is nothing."""
    many: bool = False
    body: str = ""
    """Parameter that takes the whole body; empty where each member is one."""
    numbers: tuple[str, ...] = ("startAt", "maxResults")
    """Parameters that are numbers, though an address has them as text."""

    def given(self, named: Mapping[str, str], seen: Exchange) -> dict[str, Any]:
        """What was asked, as parameters of jira.js."""
        said = {**named, **dict(seen.query)}
        flags = {name: value == "true" for name, value in said.items() if value in {"true", "false"}}
        numbers = {name: int(said[name]) for name in self.numbers if name in said}
        lists = {"fields": said["fields"].split(",")} if "fields" in said else {}
        body = json.loads(seen.sent or "{}")
        return said | flags | numbers | lists | ({self.body: body} if self.body else body)


OPERATIONS = {
    ("GET", "/issue/{issueIdOrKey}"): Operation("getIssue", "Issue"),
    ("PUT", "/issue/{issueIdOrKey}"): Operation("editIssue"),
    ("PUT", "/issue/{issueIdOrKey}/assignee"): Operation("assignIssue"),
    ("GET", "/issue/{issueIdOrKey}/changelog"): Operation("getChangeLogs", "PageChangelog"),
    ("GET", "/issue/{issueIdOrKey}/comment"): Operation("getComments", "PageOfComments"),
    ("POST", "/issue/{issueIdOrKey}/comment"): Operation("addComment", "Comment"),
    ("PUT", "/issue/{issueIdOrKey}/comment/{id}"): Operation("updateComment", "Comment", body="body"),
    ("POST", "/issue/{issueIdOrKey}/remotelink"): Operation(
        "createOrUpdateRemoteIssueLink", "RemoteIssueLinkIdentifies"
    ),
    ("GET", "/issue/{issueIdOrKey}/transitions"): Operation("getTransitions", "Transitions"),
    ("POST", "/issue/{issueIdOrKey}/transitions"): Operation("doTransition"),
    ("POST", "/search/jql"): Operation("searchAndReconsileIssuesUsingJqlPost", "SearchAndReconcileResults"),
    ("GET", "/attachment/content/{id}"): Operation("getAttachmentContent"),
    ("GET", "/myself"): Operation("getCurrentUser", "DashboardUser"),
    ("GET", "/mypermissions"): Operation("getMyPermissions", "Permissions"),
    ("GET", "/user/groups"): Operation("getUserGroups", "GroupName", many=True),
    ("GET", "/project/{projectIdOrKey}/role"): Operation("getProjectRoles", "GetProjectRoles"),
    ("GET", "/project/{projectIdOrKey}/role/{id}"): Operation("getProjectRole", "ProjectRole", numbers=("id",)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchanges() -> AsyncIterator[list[Exchange]]:
    """Everything our client asks, and the answers."""
    async with serving("cloud") as fake, tapped(fake.url, fake.url) as tap:
        await jira_verbs.ask_everything(fake, tap.url)
        yield tap.exchanges


async def test_everything_we_ask_is_known(exchanges: list[Exchange]) -> None:
    assert {operation.name for operation, _ in map(question, exchanges)} == {
        operation.name for operation in OPERATIONS.values()
    }


async def test_our_requests_and_the_answers_of_the_fake_are_what_jira_js_knows(exchanges: list[Exchange]) -> None:
    asked = [question(seen) for seen in exchanges]
    told = judged(JUDGE, PACKAGE, [told for _, told in asked])

    assert [
        f"{operation.name}: {text}" for (operation, _), wrong in zip(asked, told, strict=True) for text in wrong
    ] == []


async def test_what_is_broken_on_purpose_is_found(exchanges: list[Exchange]) -> None:
    questions = [question(seen)[1] for seen in exchanges]
    for asked in questions:
        asked["given"] = asked["given"] | {"noSuch": True}
        asked["answer"] = [7]

    for asked, told in zip(questions, judged(JUDGE, PACKAGE, questions), strict=True):
        sides = {wrong.partition(".")[0] for wrong in told}
        assert sides == ({"request", "response"} if asked["model"] else {"request"}), asked


def question(seen: Exchange) -> tuple[Operation, dict[str, Any]]:
    """An exchange as the judge takes it."""
    path = seen.path.replace("/rest/api/2", API, 1).removeprefix(API)
    for (method, template), operation in OPERATIONS.items():
        if method == seen.method and (named := matches(template, path)) is not None:
            asked = {"operation": operation.name, "model": operation.model, "many": operation.many}
            told = {"given": operation.given(named, seen), "answer": json.loads(seen.answered or "null")}
            return operation, asked | told
    raise AssertionError(seen)

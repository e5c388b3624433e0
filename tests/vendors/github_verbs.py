"""Everything we ask of GitHub, asked once or more, on the fake and through whatever stands before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from jobs import errors
from tests.fakes.github.server import APP_ID, EVERYTHING, FakeGitHub
from tests.fakes.github.world import Issue, Repository, now
from worker.trackers.github import access, checks, comments, examination, history, labels, pulls, searching, tickets
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub
from worker.trackers.github.credentials import PersonalToken
from worker.trackers.github.names import Endpoint, RepositoryName
from worker.trackers.github.transport import Transport

NAME = RepositoryName("acme", "payments")
YESTERDAY = now() - timedelta(days=1)
PROPOSAL = pulls.Proposal(NAME, "jca/payments-1", "main", "a" * 40, "Round refunds up", "What and why.", draft=True)
VERDICT = checks.Verdict(NAME, "a" * 40, "01job.1", "success", "Passed", "| Command | Result |")


async def ask_everything(fake: FakeGitHub, url: str) -> None:
    """Call every verb of the client on a GitHub that answers at `url`."""
    key = fake.make_app()
    repository = _populated(fake)
    async with Transport(Endpoint.of(url), write_spacing=0) as transport:
        app = AppCredential(transport, APP_ID, SecretStr(key))
        github = GitHub(transport, app)
        issue = await fake.people.open_issue(repository, "octocat", "Refunds", "Expected 0.11", ("jca", "urgent"))
        await fake.people.edit(repository, issue, "octocat", "Expected 0.12")
        await _speak(fake, github, repository, issue)
        await _show(github, issue.number)
        await _read(github, issue.number)
        await _propose(github, repository)
        await _repair(fake, transport, app)
        await fake.people.close(repository, issue, "octocat")
        await app.revoke(await app.push_credential(NAME))
        await app.revoke(await app.fetch_credential(NAME))
        token = PersonalToken(transport, SecretStr(fake.world.add_token("octocat")))
        for credential in (app, token):
            assert all([step.ok async for step in examination.examine(GitHub(transport, credential), [NAME])])


def _populated(fake: FakeGitHub) -> Repository:
    fake.world.accounts |= {"octocat": "User", "stranger": "User"}
    people = {"octocat": "maintain", "stranger": "read"}
    repository = fake.world.add_repository(str(NAME), labels=["jca", "jca: working"], collaborators=people)
    fake.world.install(str(NAME), **EVERYTHING)
    return repository


async def _speak(fake: FakeGitHub, github: GitHub, repository: Repository, issue: Issue) -> None:
    place = comments.Place(NAME, issue.number, "01job", since=YESTERDAY)
    await comments.post(github, place, "### Started")
    await comments.post(github, place, "### Done")
    for number in range(120):  # over a page
        await fake.people.comment(repository, issue, "stranger", f"Me too {number}")
    await comments.post(github, place, "### Done, and said again")
    with pytest.raises(errors.NotFound):
        await comments.post(github, replace(place, number=99), "Nobody hears this")


async def _show(github: GitHub, number: int) -> None:
    await labels.relabel(github, NAME, number, add=["jca: working", "no such"], remove=["jca", "a/b"])
    await labels.assign(github, NAME, number, ["octocat", "outsider"])
    await checks.report_verdict(github, VERDICT)
    await checks.report_verdict(github, replace(VERDICT, conclusion="failure"))


async def _read(github: GitHub, number: int) -> None:
    await tickets.fetch(github, "github", NAME, number)
    assert len(await tickets.comments(github, NAME, YESTERDAY)) == 121
    assert history.labelled_by(await history.acts(github, NAME, number), "urgent")
    assert await history.last_edit(github, NAME, number)
    assert await searching.changed_issues(github, "github", NAME, "urgent", YESTERDAY)
    for login in ("octocat", "stranger", "nobody-at-all"):
        await access.permission(github, NAME, login)


async def _propose(github: GitHub, repository: Repository) -> None:
    repository.drafts = False
    opened = await pulls.open_pull_request(github, PROPOSAL)  # refused as a draft, then opened
    await pulls.open_pull_request(github, replace(PROPOSAL, title="Round refunds half up"))
    repository.pulls[opened.number].state = "closed"
    repository.pulls[opened.number].merged_at = now()
    assert (await pulls.open_pull_request(github, PROPOSAL)).state == "merged"
    repository.commit_of = {"main": "b" * 40}.get
    with pytest.raises(errors.Refused):
        await pulls.open_pull_request(github, replace(PROPOSAL, branch="jca/nowhere", commit="c" * 40))


async def _repair(fake: FakeGitHub, transport: Transport, app: AppCredential) -> None:
    fake.hooks.lose = 1
    await fake.people.open_issue(fake.world.repositories[str(NAME)], "octocat", "Is lost")
    (lost,) = await searching.failed_deliveries(transport, app, YESTERDAY)
    await searching.redeliver(transport, app, lost)

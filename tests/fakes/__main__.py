"""GitHub and Jira Cloud to walk about in, with real git over https: `python -m tests.fakes DIRECTORY RECEIVER`.

DIRECTORY takes what is served, RECEIVER is the address of `jca webhooks`. Prints what an installation needs to meet the
two; then each line of standard input is an act:

    hook github|jira SECRET    open github|jira TITLE    label TICKET NAME
    comment TICKET TEXT        edit TICKET TEXT          show TICKET

A ticket is `1` on GitHub and `PAY-1` in Jira; a `\\n` in a text begins a line. `hook` enters the webhook with the
secret that `jca sources add` has shown; without it nothing is told.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Protocol

from tests.fakes.github.server import APP_ID, EVERYTHING, FakeGitHub
from tests.fakes.jira.server import FakeJira
from tests.fakes.jira.server import serving as serving_jira
from tests.fakes.jira.state import User
from tests.support import tls
from tests.support.code_host import CodeHost
from tests.support.code_host import serving as serving_code
from tests.support.installation import SAMPLE
from worker.sandbox.seed import seed

SHOP, PERSON = "acme/shop", "alice"
ANN = User("ann", "Ann Lee", "ann-token", "ann@acme.example", groups={"developers"})
OURS = User("jca", "JCA", "jca-token", "jca@acme.example")


class People(Protocol):
    """What a person does on one tracker."""

    async def hook(self, secret: str) -> None: ...
    async def open(self, title: str) -> str: ...
    async def label(self, ticket: str, name: str) -> None: ...
    async def comment(self, ticket: str, text: str) -> None: ...
    async def edit(self, ticket: str, text: str) -> None: ...
    async def show(self, ticket: str) -> str: ...


class OnGitHub:
    """Alice, who may write to the repository."""

    def __init__(self, fake: FakeGitHub, receiver: str) -> None:
        self._hooks = fake.hooks
        self._people = fake.people
        self._receiver = f"{receiver}/webhooks/github"
        self._shop = fake.world.repositories[SHOP]

    async def hook(self, secret: str) -> None:
        self._hooks.send_to(self._receiver, secret)

    async def open(self, title: str) -> str:
        return str((await self._people.open_issue(self._shop, PERSON, title)).number)

    async def label(self, ticket: str, name: str) -> None:
        await self._people.label(self._shop, self._shop.issues[int(ticket)], PERSON, name)

    async def comment(self, ticket: str, text: str) -> None:
        await self._people.comment(self._shop, self._shop.issues[int(ticket)], PERSON, text)

    async def edit(self, ticket: str, text: str) -> None:
        await self._people.edit(self._shop, self._shop.issues[int(ticket)], PERSON, text)

    async def show(self, ticket: str) -> str:
        issue = self._shop.issues[int(ticket)]
        pulls = [f"pull request {pull.number} from {pull.head}: {pull.title}" for pull in self._shop.pulls.values()]
        return "\n".join([issue.title, issue.body, *(f"{c.user}: {c.body}" for c in issue.comments), *pulls])


class OnJira:
    """Ann, a developer."""

    def __init__(self, fake: FakeJira, receiver: str) -> None:
        self._hooks = fake.hooks
        self._receiver = f"{receiver}/webhooks/jira"
        self._state = fake.state

    async def hook(self, secret: str) -> None:
        self._hooks.receiver, self._hooks.secret = self._receiver, secret

    async def open(self, title: str) -> str:
        return self._state.create_issue(ANN, title).key

    async def label(self, ticket: str, name: str) -> None:
        issue = self._state.issues[ticket]
        self._state.edit(ANN, issue, labels=[*issue.labels, name])

    async def comment(self, ticket: str, text: str) -> None:
        self._state.comment(ANN, self._state.issues[ticket], text)

    async def edit(self, ticket: str, text: str) -> None:
        self._state.edit(ANN, self._state.issues[ticket], description=text)

    async def show(self, ticket: str) -> str:
        issue = self._state.issues[ticket]
        links = [str(link) for link in issue.links.values()]
        words = [f"{comment.author.id}: {comment.body}" for comment in issue.comments]
        return "\n".join([f"{issue.summary} ({issue.status})", str(issue.description), *words, *links])


async def main(directory: Path, receiver: str) -> None:
    """Serve until standard input ends."""
    certificate = tls.certificate(directory)
    await seed(SAMPLE, directory / "shop.git", branch="main", message="A small shop")
    async with serving_code(directory / "served", certificate) as host, serving_jira() as jira:
        host.clone_of(directory / "shop.git", SHOP)
        _settle(host.github)
        for user in (ANN, OURS):
            jira.state.add_user(user)
        print(_told(host, certificate, jira.url), flush=True)
        people: dict[str, People] = {"github": OnGitHub(host.github, receiver), "jira": OnJira(jira, receiver)}
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(await _act(people, line.strip()), flush=True)


def _settle(github: FakeGitHub) -> None:
    shop = github.world.repositories[SHOP]
    github.world.accounts[PERSON] = "User"
    shop.labels, shop.collaborators = ["jca"], {PERSON: "write"}
    github.world.install(SHOP, **EVERYTHING)


def _told(host: CodeHost, certificate: Path, site: str) -> str:
    key = certificate.with_name("app.pem")
    key.touch(0o600)
    key.write_text(host.github.make_app())
    lines = [
        f"export SSL_CERT_FILE={certificate} GIT_SSL_CAINFO={certificate}",
        f"GitHub: {host.url}, repository {host.url}/{SHOP}.git, App {APP_ID} with the key {key}; acts by {PERSON}",
        f"Jira: {site}, account {OURS.email} with the token {OURS.token}; acts by {ANN.id}",
    ]
    return "\n".join(lines)


async def _act(people: dict[str, People], line: str) -> str:
    verb, _, rest = line.partition(" ")
    first, _, text = rest.partition(" ")
    if verb in {"hook", "open"} and first in people:
        return await getattr(people[first], verb)(text) or "done"
    tracker = people["github" if first.isdigit() else "jira"]
    try:
        match verb:
            case "label" | "comment" | "edit":
                return await getattr(tracker, verb)(first, text.replace("\\n", "\n")) or "done"
            case "show":
                return await tracker.show(first)
    except KeyError:
        return f"There is no ticket {first}."
    return __doc__ or ""


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

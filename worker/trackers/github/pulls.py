"""One pull request per branch: found before and after it is made, so that no uncertain answer makes a second one.

What is there already decides:

- An open one of the branch is ours to bring up to date. Where somebody else opened it, its text stays theirs.
- One whose head is the very commit that was pushed has been dealt with by people: merged or closed, it is reported as
  that, never reopened.
- Anything older of the same branch was about other commits: a new one is opened.
- Whether it is a draft is decided when it is opened; afterwards that belongs to people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pydantic import TypeAdapter

from jobs import errors
from worker.trackers.github import wire
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import PULL_REQUESTS
from worker.trackers.github.fitting import fit, one_line
from worker.trackers.github.names import RepositoryName
from worker.trackers.limited import RateLimited

_PULL_REQUEST = TypeAdapter(wire.PullRequest)
_PULL_REQUESTS = TypeAdapter(tuple[wire.PullRequest, ...])


@dataclass(frozen=True)
class Proposal:
    """The pull request that shall be there."""

    repository: RepositoryName
    branch: str
    """Where the commit was pushed, in the same repository."""
    base: str
    commit: str
    title: str
    body: str
    draft: bool = False


@dataclass(frozen=True)
class Opened:
    """The pull request that is there."""

    number: int
    url: str
    state: Literal["open", "merged", "closed"]
    draft: bool
    notes: tuple[str, ...] = ()
    """What differs from the proposal, as sentences."""


async def open_pull_request(github: GitHub, proposal: Proposal) -> Opened:
    """Open it, or bring the one that is there up to date. Repeating it changes nothing.

    Raises:
        errors.TryAgain: it is open whether it is there; the next call finds out.
        errors.Refused: GitHub does not accept it: the base does not exist, or there is nothing between the two.
        errors.JcaError: as `GitHub.write`.
    """
    found = await find(github, proposal)
    if found is None:
        return await _create(github, proposal)
    if found.state != "open":
        return _decided(found)
    return await _update(github, proposal, found)


async def find(github: GitHub, proposal: Proposal) -> wire.PullRequest | None:
    """The open pull request of the branch, else one of any state that proposes the very commit.

    Raises:
        errors.JcaError: as `GitHub.get`.
    """
    head = f"{proposal.repository.owner}:{proposal.branch}"
    params = {"head": head, "state": "all", "sort": "created", "direction": "desc"}
    question = _ask(proposal, "", "look for the pull request of", params)
    of_commit = None
    async for pull in github.pages(_PULL_REQUESTS, question):
        if pull.head.ref != proposal.branch or pull.head.label.casefold() not in {"", head.casefold()}:
            continue
        if pull.state == "open":
            return pull
        if of_commit is None and pull.head.sha == proposal.commit:
            of_commit = pull
    return of_commit


async def _create(github: GitHub, proposal: Proposal) -> Opened:
    body = _text(proposal) | {"head": proposal.branch, "base": proposal.base, "draft": proposal.draft}
    question = _ask(proposal, "", "open a pull request from")
    try:
        return _opened(await github.write("POST", _PULL_REQUEST, question, body))
    except RateLimited:
        raise
    except errors.Refused as refusal:
        if proposal.draft and "draft pull request" in refusal.message.casefold():
            opened = await _create(github, replace(proposal, draft=False))
            return replace(opened, notes=("It is no draft, since this repository does not support them.",))
        return _or_raise(await find(github, proposal), refusal)  # GitHub refuses a second one of the same branch
    except errors.TryAgain as uncertain:
        return _or_raise(await find(github, proposal), uncertain)


def _or_raise(found: wire.PullRequest | None, error: errors.JcaError) -> Opened:
    if found is None:
        raise error
    return _opened(found) if found.state == "open" else _decided(found)


async def _update(github: GitHub, proposal: Proposal, found: wire.PullRequest) -> Opened:
    notes: tuple[str, ...] = ()
    if found.base.ref != proposal.base:
        notes += (f"It goes into {found.base.ref} rather than {proposal.base}; that was left as it is.",)
    if found.draft and not proposal.draft:
        notes += ("It is still the draft that it was opened as: mark it ready for review on its page.",)
    author = found.user.login if found.user else "an account that is gone"
    if author.casefold() != (await github.credential.login()).casefold():
        notes += (f"It was opened by {author}, so its text was left as it is.",)
    elif (found.title, _plain(found.body)) != (_text(proposal)["title"], _plain(_text(proposal)["body"])):
        question = _ask(proposal, f"/{found.number}", "update the pull request of")
        found = await github.write("PATCH", _PULL_REQUEST, question, _text(proposal))
    return _opened(found, notes)


def _opened(pull: wire.PullRequest, notes: tuple[str, ...] = ()) -> Opened:
    return Opened(pull.number, pull.html_url, "open", pull.draft, notes)


def _decided(pull: wire.PullRequest) -> Opened:
    if pull.merged_at is not None:
        return Opened(pull.number, pull.html_url, "merged", pull.draft)
    note = "Somebody closed the pull request of this commit without merging it; it was not opened again."
    return Opened(pull.number, pull.html_url, "closed", pull.draft, (note,))


def _text(proposal: Proposal) -> dict[str, object]:
    return {"title": one_line(proposal.title), "body": fit(proposal.body)}


def _plain(body: object) -> str:
    return str(body or "").replace("\r\n", "\n").strip()


def _ask(proposal: Proposal, path: str, doing: str, params: dict[str, str] | None = None) -> Question:
    what = f"{doing} {proposal.branch} in {proposal.repository}"
    return Question(proposal.repository, PULL_REQUESTS, f"/pulls{path}", what, params or {})

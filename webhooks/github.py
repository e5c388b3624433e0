"""Reading GitHub's deliveries: which events start work, and what of their payload we use. Pure.

Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads. The models require only what is used, since
GitHub Enterprise Server and older samples lack newer fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from jobs import errors
from jobs.directives.labels import parse_labels
from jobs.ticket import Person, Ticket
from webhooks.reading import (
    NO_NUL,
    BadRequest,
    Envelope,
    Ignored,
    Intake,
    Text,
    Url,
    content_hash,
    delivery_key,
    explain,
)

_EVENT = re.compile(r"[a-z0-9_]{1,64}")
_LONGEST_NAME = 128  # characters of `event.action`; a `repository_dispatch` has any text as its action

_Login = Annotated[str, Field(min_length=1, max_length=200), NO_NUL]
_FullName = Annotated[str, Field(pattern=r"^[^/\s]+/[^/\s]+$", max_length=200), NO_NUL]
_Number = Annotated[int, Field(gt=0, lt=10**18)]


class _User(BaseModel):
    login: _Login
    type: str = "User"

    def person(self) -> Person:
        return Person(id=self.login, is_bot=self.type == "Bot")


class _Label(BaseModel):
    name: Text


class _Repository(BaseModel):
    full_name: _FullName


class _Issue(BaseModel):
    number: _Number
    title: Text
    html_url: Url
    body: Text | None = None
    state: str = "open"
    labels: tuple[_Label, ...] = ()
    user: _User | None = None


class _Any(BaseModel):
    """What every event has, or may have."""

    action: Text = ""
    sender: _User | None = None


class _Issues(BaseModel):
    sender: _User
    repository: _Repository
    issue: _Issue
    label: _Label | None = None


def read_github(
    source: str,
    headers: Mapping[str, str],
    body: bytes,
    managed_label: str,
) -> Intake | Ignored | BadRequest:
    """Read one delivery whose signature holds. Never raises.

    Args:
        source: name of the source it came through.
        headers: of the request, looked up without regard to case.
        body: raw JSON.
        managed_label: adding it to an issue starts work, as adding `model:…` or `repo-…` does.
    """
    try:
        event = _event(headers)
        payload = _Any.model_validate_json(body)
        name = f"{event}.{payload.action}"[:_LONGEST_NAME] if payload.action else event
        envelope = Envelope(source, delivery_key(headers, "X-GitHub-Delivery"), name, content_hash(body))
        if reason := _not_for_us(name, payload):
            return Ignored(envelope, reason, payload.sender.person() if payload.sender else None)
        return _read_issue(envelope, _Issues.model_validate_json(body), payload.action, managed_label)
    except ValidationError as error:
        return BadRequest(explain(error))
    except errors.BadInput as error:
        return BadRequest(error.message)


def _event(headers: Mapping[str, str]) -> str:
    event = headers.get("X-GitHub-Event", "")
    if not _EVENT.fullmatch(event):
        raise errors.BadInput("the header X-GitHub-Event is missing or unreadable")
    return event


def _not_for_us(name: str, payload: _Any) -> str:
    if name == "ping":
        return "ping"
    if name not in {"issues.opened", "issues.labeled"}:
        return f"{name} does not start work"
    return "the sender is a bot" if payload.sender and payload.sender.person().is_bot else ""


def _read_issue(envelope: Envelope, payload: _Issues, action: str, managed_label: str) -> Intake | Ignored:
    actor = payload.sender.person()
    if payload.issue.state == "closed":
        return Ignored(envelope, "the issue is closed", actor)
    added = payload.label.name if payload.label else ""
    if action == "labeled" and not _starts_work(added, managed_label):
        return Ignored(envelope, f"label {added[:100]} does not start work", actor)
    return Intake(envelope, _ticket(envelope.source, payload), actor)


def _starts_work(label: str, managed_label: str) -> bool:
    ours = parse_labels([label])
    return label.casefold() == managed_label.casefold() or bool(ours.models or ours.repositories)


def _ticket(source: str, payload: _Issues) -> Ticket:
    issue, repository = payload.issue, payload.repository.full_name
    return Ticket(
        source=source,
        key=f"{repository}#{issue.number}",
        title=issue.title,
        body=issue.body or "",
        flavor="markdown",
        labels=tuple(label.name for label in issue.labels),
        url=issue.html_url,
        repository=repository,
        author=issue.user.person() if issue.user else None,
    )

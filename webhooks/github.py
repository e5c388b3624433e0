"""Reading GitHub's deliveries: which events start work, which comments command, and why all others do not. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeGuard
from urllib.parse import parse_qs

from pydantic import ValidationError

from jobs import errors
from jobs.commands import read_command, text_hash
from jobs.directives.labels import is_ours
from jobs.ticket import Person
from webhooks.github_payload import CommentEvent, Event, IssueEvent, PullRequestEvent
from webhooks.reading import (
    OWN_COMMENT,
    BadRequest,
    Command,
    Envelope,
    Ignored,
    Intake,
    Trigger,
    Why,
    content_hash,
    delivery_key,
    explain,
)

Reading = Intake | Command | Ignored

FORM = "application/x-www-form-urlencoded"
"""What a webhook sends whose "Content type" was left as it is: the JSON as the field `payload`."""

_EVENT = re.compile(r"[a-z0-9_]{1,64}")
_LONGEST_NAME = 128  # characters of `event.action`; a `repository_dispatch` has any text as its action
_MOST_FIELDS = 8  # of a form; GitHub sends one

_MODELS: dict[str, type[Event]] = {
    "issues": IssueEvent,
    "issue_comment": CommentEvent,
    "pull_request": PullRequestEvent,
    "pull_request_review": PullRequestEvent,
    "pull_request_review_comment": PullRequestEvent,
}
_LATER = frozenset({"check_run", "check_suite", "workflow_run", "installation", "installation_repositories"})
"""Events that nothing acts on in this version."""

_TRIGGERS: tuple[Trigger, ...] = ("opened", "edited", "labeled", "assigned", "reopened")


def read_github(source: str, headers: Mapping[str, str], body: bytes, managed_label: str) -> Reading | BadRequest:
    """Read one delivery whose signature holds. Never raises; linear in the length of `body`.

    Args:
        source: name of the source it came through.
        headers: of the request, looked up without regard to case.
        body: raw JSON, or a form that holds it.
        managed_label: adding it to an issue starts work, as adding `model:…` or `repo-…` does.
    """
    try:
        event = _event(headers)
        key = delivery_key(headers, "X-GitHub-Delivery")
        payload = _MODELS.get(event, Event).model_validate_json(_json(headers, body))
    except ValidationError as error:
        return BadRequest(explain(error))
    except errors.BadInput as error:
        return BadRequest(error.message)
    name = f"{event}.{payload.action}"[:_LONGEST_NAME] if payload.action else event
    envelope = Envelope(source, key, name, content_hash(body), body, payload.ticket_key)
    match payload:
        case IssueEvent():
            return _read_issue(envelope, payload, managed_label)
        case CommentEvent():
            return _read_comment(envelope, payload)
        case PullRequestEvent():
            return _read_pull_request(envelope, payload)
        case _:
            return _ignore_other(envelope, event, payload)


def _event(headers: Mapping[str, str]) -> str:
    event = headers.get("X-GitHub-Event", "")
    if not _EVENT.fullmatch(event):
        raise errors.BadInput("the header X-GitHub-Event is missing or unreadable")
    return event


def _json(headers: Mapping[str, str], body: bytes) -> bytes:
    if not headers.get("Content-Type", "").lower().startswith(FORM):
        return body
    try:
        found = parse_qs(body, max_num_fields=_MOST_FIELDS).get(b"payload")
    except ValueError:
        found = None
    if not found:
        raise errors.BadInput("the form has no field payload")
    return found[0]


def _read_issue(envelope: Envelope, payload: IssueEvent, managed_label: str) -> Intake | Ignored:
    actor, issue = payload.sender.person(), payload.issue
    if not _is_trigger(payload.action):
        return _not_handled(envelope, actor)
    if actor.is_bot or (payload.action == "opened" and issue.by_app):
        return Ignored(envelope, Why.BOT_AUTHOR, actor)
    if issue.state == "closed":
        return Ignored(envelope, Why.TICKET_CLOSED, actor)
    if payload.action == "labeled":
        added = payload.label.name if payload.label else ""
        if not is_ours(added, managed_label):
            return Ignored(envelope, Why.LABEL_NOT_OURS, actor, f"label {added[:100]} does not start work")
    ticket = issue.ticket(envelope.source, envelope.ticket_key, payload.repository.full_name)
    return Intake(envelope, ticket, actor, payload.action)


def _is_trigger(action: str) -> TypeGuard[Trigger]:
    return action in _TRIGGERS


def _read_comment(envelope: Envelope, payload: CommentEvent) -> Command | Ignored:
    actor, comment = payload.sender.person(), payload.comment
    text = comment.body or ""
    if text.lstrip().startswith(OWN_COMMENT):
        return Ignored(envelope, Why.OWN_COMMENT, actor)
    if payload.action != "created":
        return _not_handled(envelope, actor)
    if actor.is_bot or comment.by_app:
        return Ignored(envelope, Why.BOT_AUTHOR, actor)
    read = read_command(text)
    if read.error:
        return Ignored(envelope, Why.UNCLEAR_COMMAND, actor, read.error.message)
    if read.asked is None:
        return Ignored(envelope, Why.NO_COMMAND, actor)
    return Command(envelope, read.asked, actor, str(comment.id), comment.html_url, text_hash(text))


def _read_pull_request(envelope: Envelope, payload: PullRequestEvent) -> Ignored:
    actor = payload.person()
    text = payload.comment.body if payload.comment else None
    if text and text.lstrip().startswith(OWN_COMMENT):
        return Ignored(envelope, Why.OWN_COMMENT, actor)
    if payload.by_app or (actor and actor.is_bot):
        return Ignored(envelope, Why.BOT_AUTHOR, actor)
    if payload.pull_request and payload.pull_request.from_fork:
        return Ignored(envelope, Why.FORK, actor)
    return Ignored(envelope, Why.NOT_SUPPORTED_YET, actor)


def _ignore_other(envelope: Envelope, event: str, payload: Event) -> Ignored:
    if event == "ping":
        return Ignored(envelope, Why.PING, payload.person())
    if event in _LATER:
        return Ignored(envelope, Why.NOT_SUPPORTED_YET, payload.person())
    return _not_handled(envelope, payload.person())


def _not_handled(envelope: Envelope, actor: Person | None) -> Ignored:
    return Ignored(envelope, Why.ACTION_NOT_HANDLED, actor, f"{envelope.event} does not start work")

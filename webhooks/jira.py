"""Reading Jira's deliveries, of Cloud and of Data Center: which events start work, and which comments command. Pure.

Two senders speak here: webhooks an administrator made, and Automation's "Send web request" with our own body, whose
`webhookEvent` is `AUTOMATION` and which otherwise looks the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from jobs import errors
from jobs.adf import visible_body
from jobs.commands import read_command, text_hash
from jobs.directives.labels import is_ours
from jobs.reasons import Code
from jobs.ticket import Person
from webhooks.jira_payload import Change, Comment, Event, Issue, browse_url
from webhooks.reading import (
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

IDENTIFIER_HEADER = "X-Atlassian-Webhook-Identifier"
"""The same on every retry; Data Center does not send it, Automation neither."""

RETRY_HEADER = "X-Atlassian-Webhook-Retry"
"""How often Jira has sent this before; absent the first time."""

AUTOMATION = "jca:automation"
"""The `webhookEvent` of our Automation body: that a rule fired is the request."""

_DECIDED_ELSEWHERE = {
    "jira:issue_deleted": "a deleted issue starts nothing",
    "comment_updated": "an edited comment is no command; write a new one",
    "comment_deleted": "a deleted comment is no command",
}

_BY_WEIGHT: tuple[Trigger, ...] = ("edited", "labeled", "reopened", "assigned")
"""One update may change several fields. A changed text comes first, since a job may be at work on the earlier one."""


@dataclass(frozen=True)
class Rules:
    """What makes an event of this source relevant."""

    managed_label: str
    """Adding it to an issue starts work, as adding `model:…` or `repo-…` does."""
    accounts: frozenset[str] = frozenset()
    """Our own accounts in that Jira: what they do starts nothing, assigning an issue to one starts work."""
    ready: frozenset[str] = frozenset()
    """Names of statuses; moving an issue with the managed label into one starts work."""


def read_jira(
    source: str, headers: Mapping[str, str], body: bytes, rules: Rules
) -> Intake | Command | Ignored | BadRequest:
    """Read one delivery that is proved to be genuine. Never raises; linear in the length of `body`.

    Args:
        source: name of the source it came through.
        headers: of the request, looked up without regard to case.
        body: raw JSON.
        rules: of this source.
    """
    try:
        event = Event.model_validate_json(body)
        envelope = Envelope(source, _key(headers, body), event.name, content_hash(body), body, event.ticket_key)
    except ValidationError as error:
        return BadRequest(explain(error))
    except errors.BadInput as error:
        return BadRequest(error.message)
    actor = _actor(event)
    if ignored := _not_for_us(envelope, event, actor, rules):
        return ignored
    if actor is None:
        return Ignored(envelope, Why.NO_ACTOR, detail="nobody is named who did it")
    if event.comment and _is_about_comment(event):
        return _read_comment(envelope, event, event.comment, actor)
    return _read_issue(envelope, event, actor, rules)


def _key(headers: Mapping[str, str], body: bytes) -> str:
    if IDENTIFIER_HEADER in headers:
        return delivery_key(headers, IDENTIFIER_HEADER)
    return content_hash(body)


def _actor(event: Event) -> Person | None:
    """Who acted. Deliveries about comments name the author only there when no `user` is sent."""
    user = event.user or (event.comment.author if event.comment and event.name == "comment_created" else None)
    return user.person() if user else None


def _not_for_us(envelope: Envelope, event: Event, actor: Person | None, rules: Rules) -> Ignored | None:
    if reason := _DECIDED_ELSEWHERE.get(event.name):
        return Ignored(envelope, Why.ACTION_NOT_HANDLED, actor, reason)
    if event.name not in {"jira:issue_created", "jira:issue_updated", "comment_created", AUTOMATION}:
        return Ignored(envelope, Why.ACTION_NOT_HANDLED, actor, f"{event.name} does not start work")
    if actor and actor.id in rules.accounts:
        return Ignored(envelope, Why.OWN_ACCOUNT, actor)
    return Ignored(envelope, Why.BOT_AUTHOR, actor) if actor and actor.is_bot else None


def _is_about_comment(event: Event) -> bool:
    """Whether only the comment is new: one written along with a change comes by itself as well."""
    return event.name == "comment_created" or (event.name == "jira:issue_updated" and not event.changes)


def _read_comment(envelope: Envelope, event: Event, comment: Comment, actor: Person) -> Command | Ignored:
    """A comment arrives as `comment_created`, as `jira:issue_updated`, or as both; both make the same command."""
    if event.name == "jira:issue_updated" and event.issue_event not in {"issue_commented", ""}:
        return Ignored(envelope, Why.ACTION_NOT_HANDLED, actor, f"{event.issue_event[:100]} does not start work")
    text, flavor = visible_body(comment.body)
    read = read_command(text, flavor)
    if read.error:
        return Ignored(envelope, Why.UNCLEAR_COMMAND, actor, read.error.message)
    if read.asked is None:
        return Ignored(envelope, Why.NO_COMMAND, actor)
    if event.issue is None:
        detail = "the comment names no issue; send the event jira:issue_updated as well"
        return Ignored(envelope, Why.NO_TICKET, actor, detail)
    page = browse_url(event.issue.url, event.issue.key)
    url = f"{page}?focusedCommentId={comment.id}" if page else ""
    return Command(envelope, read.asked, actor, comment.id, url, text_hash(text))


def _read_issue(envelope: Envelope, event: Event, actor: Person, rules: Rules) -> Intake | Ignored | BadRequest:
    issue = event.issue
    if issue is None:
        return BadRequest("issue: Field required")
    if issue.fields.status and issue.fields.status.done:
        return Ignored(envelope, Why.TICKET_CLOSED, actor)
    trigger = _trigger(event, issue, rules)
    if trigger is None:
        changed = ", ".join(change.field[:40] for change in event.changes[:5]) or "nothing"
        return Ignored(envelope, Why.ACTION_NOT_HANDLED, actor, f"a change of {changed} does not start work")
    ticket = issue.ticket(envelope.source)
    asks = issue.carries(rules.managed_label) or "[jca" in ticket.body.lower()
    if not asks and trigger != "edited":  # an edit that took both away must still reach the job it was for
        return Ignored(envelope, Code.MANAGED_LABEL_MISSING, actor)
    return Intake(envelope, ticket, actor, trigger)


def _trigger(event: Event, issue: Issue, rules: Rules) -> Trigger | None:
    if event.name != "jira:issue_updated":
        return "opened"
    found = {_triggered(change, issue, rules) for change in event.changes}
    return next((trigger for trigger in _BY_WEIGHT if trigger in found), None)


def _triggered(change: Change, issue: Issue, rules: Rules) -> Trigger | None:
    """What one change of an issue asks for."""
    before, after = change.before or "", change.after or ""
    match change.field.casefold():
        case "summary" | "description":
            return "edited"
        case "labels":
            added = set(after.split()) - set(before.split())
            return "labeled" if any(is_ours(label, rules.managed_label) for label in added) else None
        case "assignee":
            return "assigned" if (change.after_id or "") in rules.accounts else None
        case "status":
            ready = {name.casefold() for name in rules.ready}
            return "reopened" if after.casefold() in ready and issue.carries(rules.managed_label) else None
        case _:
            return None

"""Reading a ticket: the issue as it is now, and who made it what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from jobs.adf import visible_body
from jobs.attachment import Attachment
from jobs.ticket import Person, Ticket
from worker.trackers.jira import wire
from worker.trackers.jira.client import Call, Jira
from worker.trackers.jira.site import issue_path

_ISSUE = TypeAdapter(wire.Issue)
_PAGE = TypeAdapter(wire.HistoryPage)
_FIELDS = "summary,description,labels,status,assignee,reporter,creator,created,updated,attachment"

PAGE = 100  # edits; the most Cloud gives
PAGES = 50  # of one issue; what is older than the newest ones of these is not looked at

READING = "/rest/api/2"
"""Text is read as wiki markup, in Cloud too: it is what webhooks send, so that both show the same ticket."""


@dataclass(frozen=True)
class Facts:
    """Who made an issue what it is, as its history tells."""

    labelled_by: Mapping[str, Person | None] = field(default_factory=dict)
    """Who set each label that is there now, by its name in lower case; None: the history does not say."""
    labelled_at: Mapping[str, datetime] = field(default_factory=dict)
    """When, where the history says."""
    edited_by: Person | None = None
    """Who last wrote title or description."""
    edited_at: datetime | None = None
    complete: bool = True
    """False when the history is longer than was read; what it does not tell is then None."""


@dataclass(frozen=True)
class Fetched:
    """An issue as Jira shows it now."""

    ticket: Ticket
    status: str
    done: bool
    assignee: Person | None
    updated_at: datetime | None
    facts: Facts
    attachments: tuple[Attachment, ...]


async def fetch(jira: Jira, source: str, key: str) -> Fetched:
    """Read one issue as it is now; `source` is the name of the source that brought it.

    Raises:
        errors.NotFound: it was deleted, or our account may not see it.
        errors.JcaError: as `Jira.get`.
    """
    params = {"fields": _FIELDS, "expand": "changelog"}
    call = Call(issue_path(key), f"read {key}", params=params, api=READING)
    issue = await jira.get(_ISSUE, call)
    histories, complete = await _histories(jira, issue)
    return fetched(jira.site.url, source, issue, facts(issue.fields, histories, complete=complete))


def fetched(site_url: str, source: str, issue: wire.Issue, known: Facts) -> Fetched:
    """Reduce an issue to what every tracker is reduced to. Pure."""
    fields = issue.fields
    body, flavor = visible_body(fields.description)
    author = fields.reporter or fields.creator
    assignee = fields.assignee.person() if fields.assignee else None
    ticket = Ticket(
        source=source,
        key=issue.key,
        title=fields.summary,
        body=body,
        flavor=flavor,
        labels=fields.labels,
        url=f"{site_url}/browse/{issue.key}",
        author=author.person() if author else None,
        assignees=(assignee,) if assignee else (),
        state=fields.status.name,
    )
    done = fields.status.category.key == "done"
    files = tuple(map(attachment, fields.attachment))
    return Fetched(ticket, fields.status.name, done, assignee, fields.updated, known, files)


def attachment(file: wire.Attachment) -> Attachment:
    """Reduce an attachment to what every tracker is reduced to. Pure."""
    return Attachment(
        id=file.id,
        name=file.filename,
        size=file.size,
        media_type=file.mime_type,
        author=file.author.person() if file.author else None,
        created_at=file.created,
    )


def facts(fields: wire.Fields, histories: Iterable[wire.History], *, complete: bool = True) -> Facts:
    """Read the history, in any order. What no edit changed is its creator's. Pure."""
    creator = fields.creator.person() if fields.creator else None
    present = {label.casefold() for label in fields.labels}
    labelled: dict[str, Person | None] = dict.fromkeys(present, creator if complete else None)
    moments = dict.fromkeys(present, fields.created) if complete and fields.created else {}
    edited_by, edited_at = (creator if complete else None), fields.created
    for history in sorted(histories, key=lambda history: history.created):
        who = history.author.person() if history.author else None
        for change in history.items:
            if change.field == "labels":
                added = _labels(change.after) - _labels(change.before)
                labelled |= dict.fromkeys(added & present, who)
                moments |= dict.fromkeys(added & present, history.created)
            elif change.field in {"summary", "description"}:
                edited_by, edited_at = who, history.created
    return Facts(labelled, moments, edited_by, edited_at, complete)


async def _histories(jira: Jira, issue: wire.Issue) -> tuple[list[wire.History], bool]:
    """All edits. Data Center sends them with the issue; Cloud only the newest, and the rest by pages."""
    sent = {history.id: history for history in issue.changelog.histories}
    missing = issue.changelog.total - len(sent)
    if missing <= 0 or not jira.site.is_cloud:
        return list(sent.values()), missing <= 0
    for start in range(0, min(missing, PAGE * PAGES), PAGE):
        params = {"startAt": str(start), "maxResults": str(PAGE)}
        call = Call(f"{issue_path(issue.key)}/changelog", f"read the history of {issue.key}", params=params)
        page = await jira.get(_PAGE, call)
        sent |= {history.id: history for history in page.values}
    return list(sent.values()), missing <= PAGE * PAGES


def _labels(text: str | None) -> set[str]:
    return {label.casefold() for label in (text or "").split()}

"""What this Jira holds, and what can be done in it. Every act is told to the listener as a webhook's payload."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from jobs.adf import visible_body

Deployment = Literal["cloud", "data_center"]
Tell = Callable[[dict[str, Any]], None]

CATEGORIES = {"To Do": "new", "In Progress": "indeterminate", "In Review": "indeterminate", "Done": "done"}
WORKFLOW = {
    "To Do": {"11": "In Progress"},
    "In Progress": {"21": "In Review", "22": "To Do"},
    "In Review": {"31": "Done", "32": "In Progress"},
    "Done": {},
}


@dataclass
class User:
    id: str
    """The account id in Cloud, the name in Data Center."""
    name: str
    token: str
    email: str = ""
    is_app: bool = False
    groups: set[str] = field(default_factory=set)


@dataclass
class Comment:
    id: str
    author: User
    body: Any
    created: datetime
    updated: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class File:
    """An attachment."""

    id: str
    name: str
    content: bytes | None
    """None: it is listed, and lost."""
    media_type: str
    author: User | None
    """None: the account is gone."""
    created: datetime
    size: int
    """What is announced."""
    address: str = ""
    """What is announced, in place of where it is."""
    moved_to: str = ""
    """Where its address leads on to."""


@dataclass
class Issue:
    id: str
    key: str
    summary: str
    description: Any
    creator: User
    created: datetime
    updated: datetime
    labels: list[str] = field(default_factory=list)
    status: str = "To Do"
    assignee: User | None = None
    comments: list[Comment] = field(default_factory=list)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    attachments: list[File] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)


class State:
    """One Jira. Its time goes on by a second with every act, so that the order of things is certain."""

    def __init__(self, deployment: Deployment = "cloud", url: str = "") -> None:
        self.deployment = deployment
        self.url = url
        self.users: dict[str, User] = {}
        self.issues: dict[str, Issue] = {}
        self.roles: dict[str, set[str]] = {}
        """Names of roles with ids of users and, as `group:name`, groups that have them."""
        self.tell: Tell = lambda _payload: None
        self._numbers = itertools.count(10_000)
        self._clock = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)

    def add_user(self, user: User) -> User:
        self.users[user.id] = user
        return user

    def create_issue(
        self,
        who: User,
        summary: str,
        description: object = None,
        *,
        project: str = "PAY",
        labels: list[str] | None = None,
    ) -> Issue:
        number = 1 + sum(key.startswith(f"{project}-") for key in self.issues)
        at = self._tick()
        issue = Issue(str(next(self._numbers)), f"{project}-{number}", summary, description, who, at, at, labels or [])
        self.issues[issue.key] = issue
        self._tell("jira:issue_created", who, issue, issue_event_type_name="issue_created")
        return issue

    def edit(self, who: User, issue: Issue, **changes: Any) -> None:  # noqa: ANN401
        """Set fields of an issue: `summary`, `description`, `labels`, `status`, `assignee`."""
        items = []
        for name, value in changes.items():
            before = getattr(issue, name)
            if before != value:
                setattr(issue, name, value)
                items.append({"field": name, "fieldtype": "jira", "fieldId": name, **_values(before, value)})
        if items:
            self._change(who, issue, items, "issue_assigned" if list(changes) == ["assignee"] else "issue_generic")

    def _change(self, who: User, issue: Issue, items: list[dict[str, Any]], kind: str = "issue_generic") -> None:
        issue.updated = self._tick()
        changelog = {"id": str(next(self._numbers)), "items": items}
        entry = {**changelog, "author": self.shown(who), "created": stamp(issue.updated)}
        issue.history.append(entry)
        self._tell("jira:issue_updated", who, issue, issue_event_type_name=kind, changelog=changelog)

    def attach(self, who: User, issue: Issue, name: str, content: bytes, media_type: str = "text/plain") -> File:
        file = File(str(next(self._numbers)), name, content, media_type, who, self._tick(), len(content))
        issue.attachments.append(file)
        told = {"from": None, "fromString": None, "to": file.id, "toString": name}
        self._change(who, issue, [{"field": "Attachment", "fieldtype": "jira", "fieldId": "attachment", **told}])
        return file

    def file(self, number: str) -> File | None:
        files = [file for issue in self.issues.values() for file in issue.attachments]
        return next((file for file in files if file.id == number), None)

    def comment(self, who: User, issue: Issue, body: Any, properties: dict[str, Any] | None = None) -> Comment:  # noqa: ANN401
        issue.updated = at = self._tick()
        comment = Comment(str(next(self._numbers)), who, body, at, at, properties or {})
        issue.comments.append(comment)
        told = self.shown_comment(issue, comment) | {"body": visible_body(body)[0]}
        self._tell("comment_created", who, issue, comment=told)
        update = {"comment": told, "issue_event_type_name": "issue_commented"}
        self._tell("jira:issue_updated", who, issue, **update)
        return comment

    def shown(self, user: User) -> dict[str, Any]:
        """A user as Jira shows one."""
        if self.deployment == "cloud":
            kind = "app" if user.is_app else "atlassian"
            return {"accountId": user.id, "displayName": user.name, "accountType": kind, "active": True}
        return {"name": user.id, "key": f"JIRAUSER{user.id}", "displayName": user.name, "emailAddress": user.email}

    def shown_status(self, name: str) -> dict[str, Any]:
        return {"name": name, "statusCategory": {"key": CATEGORIES.get(name, "new")}}

    def shown_issue(self, issue: Issue, version: str = "2") -> dict[str, Any]:
        body = issue.description
        fields = {
            "summary": issue.summary,
            "description": visible_body(body)[0] if version == "2" and body is not None else body,
            "labels": list(issue.labels),
            "status": self.shown_status(issue.status),
            "assignee": self.shown(issue.assignee) if issue.assignee else None,
            "reporter": self.shown(issue.creator),
            "creator": self.shown(issue.creator),
            "created": stamp(issue.created),
            "updated": stamp(issue.updated),
            "attachment": [self.shown_file(file) for file in issue.attachments],
        }
        return {"id": issue.id, "key": issue.key, "self": f"{self.url}/rest/api/2/issue/{issue.id}", "fields": fields}

    def shown_file(self, file: File) -> dict[str, Any]:
        cloud, data_center = "rest/api/3/attachment/content", "secure/attachment"
        path = f"{cloud}/{file.id}" if self.deployment == "cloud" else f"{data_center}/{file.id}/{quote(file.name, '')}"
        return {
            "self": f"{self.url}/rest/api/2/attachment/{file.id}",
            "id": file.id,
            "filename": file.name,
            **({"author": self.shown(file.author)} if file.author else {}),
            "created": stamp(file.created),
            "size": file.size,
            "mimeType": file.media_type,
            "content": file.address or f"{self.url}/{path}",
        }

    def shown_comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        return {
            "id": comment.id,
            "self": f"{self.url}/rest/api/2/issue/{issue.id}/comment/{comment.id}",
            "author": self.shown(comment.author),
            "body": self._document(comment.body),
            "created": stamp(comment.created),
            "updated": stamp(comment.updated),
        }

    def _document(self, body: Any) -> Any:  # noqa: ANN401
        """What Cloud makes of text that a person typed: a paragraph of each line."""
        if self.deployment != "cloud" or not isinstance(body, str):
            return body
        lines = [[{"type": "text", "text": line}] if line else [] for line in body.split("\n")]
        return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": line} for line in lines]}

    def edit_comment(self, issue: Issue, comment: Comment, body: Any) -> None:  # noqa: ANN401
        comment.body = body
        comment.updated = issue.updated = self._tick()

    def _tell(self, event: str, who: User, issue: Issue, **more: Any) -> None:  # noqa: ANN401
        payload = {"timestamp": int(self._clock.timestamp() * 1000), "webhookEvent": event, "user": self.shown(who)}
        self.tell(payload | {"issue": self.shown_issue(issue)} | more)

    def _tick(self) -> datetime:
        self._clock += timedelta(seconds=1)
        return self._clock


def stamp(moment: datetime) -> str:
    """A moment as Jira writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _values(before: Any, after: Any) -> dict[str, Any]:  # noqa: ANN401
    def text(value: Any) -> str | None:  # noqa: ANN401
        if isinstance(value, User):
            return value.name
        if isinstance(value, list):
            return " ".join(value)
        return None if value is None else visible_body(value)[0]

    ids = {name: value.id if isinstance(value, User) else None for name, value in (("from", before), ("to", after))}
    return {**ids, "fromString": text(before), "toString": text(after)}

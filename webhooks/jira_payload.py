"""What is used of Jira's payloads. The models require only that: Cloud, Data Center and their years differ in the rest.

Payloads: https://developer.atlassian.com/server/jira/platform/webhooks/ and
https://developer.atlassian.com/cloud/jira/platform/webhooks/.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from jobs.adf import visible_body
from jobs.jira_user import User
from jobs.storable import STORABLE
from jobs.ticket import Ticket
from webhooks.reading import Text

_LONGEST_URL = 2048  # characters
_BASE = re.compile(r"(https?://[^\s\x00-\x1f/@?#]+(?:/[^\s\x00-\x1f?#]*?)?)/rest/api/")

_Id = Annotated[str, Field(max_length=200), STORABLE]
_Label = Annotated[str, Field(min_length=1, max_length=255), STORABLE]
IssueKey = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,99}-[1-9][0-9]{0,17}$")]
_Number = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,18}$")]


class _Payload(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)  # identifiers are text or numbers, by version


class _Category(_Payload):
    key: Text = ""


class Status(_Payload):
    """Where an issue is in its workflow."""

    name: Text = ""
    category: _Category | None = Field(None, alias="statusCategory")

    @property
    def done(self) -> bool:
        """Whether nothing is left to do in it, whatever it is called."""
        return self.category is not None and self.category.key == "done"


class Fields(_Payload):
    """Of an issue; a comment's payload has only some."""

    summary: Text = ""
    description: Any = None
    labels: Annotated[tuple[_Label, ...], Field(max_length=1000)] = ()
    status: Status | None = None
    reporter: User | None = None
    creator: User | None = None
    assignee: User | None = None


class Issue(_Payload):
    """An issue."""

    key: IssueKey
    url: Text = Field("", alias="self")
    fields: Fields = Fields()

    def carries(self, managed_label: str) -> bool:
        """Whether it has the managed label."""
        return any(label.casefold() == managed_label.casefold() for label in self.fields.labels)

    def ticket(self, source: str) -> Ticket:
        """The issue as the records know it."""
        body, flavor = visible_body(self.fields.description)
        author = self.fields.reporter or self.fields.creator
        assignee = self.fields.assignee.person() if self.fields.assignee else None
        return Ticket(
            source=source,
            key=self.key,
            title=self.fields.summary,
            body=body,
            flavor=flavor,
            labels=self.fields.labels,
            url=browse_url(self.url, self.key),
            author=author.person() if author else None,
            assignees=(assignee,) if assignee else (),
            state=self.fields.status.name[:200] if self.fields.status else "",
        )


class Change(_Payload):
    """One changed field. Values of `labels` are separated by spaces, `from` and `to` are identifiers."""

    field: Text = ""
    before: Text | None = Field(None, alias="fromString")
    after: Text | None = Field(None, alias="toString")
    after_id: Text | None = Field(None, alias="to")


class Changelog(_Payload):
    """One edit."""

    items: Annotated[tuple[Change, ...], Field(max_length=1000)] = ()


class Comment(_Payload):
    """What somebody said."""

    id: _Number
    body: Any = None
    author: User | None = None


class Event(_Payload):
    """A delivery of any kind."""

    name: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9:_.-]+$")] = Field(
        alias="webhookEvent"
    )
    issue_event: Text = Field("", alias="issue_event_type_name")
    user: User | None = None
    issue: Issue | None = None
    comment: Comment | None = None
    changelog: Changelog | None = None

    @property
    def ticket_key(self) -> str:
        """The issue it tells of; empty when it tells of none."""
        return self.issue.key if self.issue else ""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What one edit changed."""
        return self.changelog.items if self.changelog else ()


def browse_url(self_url: str, key: str) -> str:
    """The page of an issue, from where the REST interface has it; empty when that does not tell."""
    base = _BASE.match(self_url)
    if base is None or base[1].startswith("https://api.atlassian.com/"):
        return ""
    url = f"{base[1]}/browse/{key}"
    return url if len(url) <= _LONGEST_URL else ""

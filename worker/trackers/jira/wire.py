"""What is used of Jira's answers. The models require only that, since versions and deployments differ in the rest."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from jobs.jira_user import User
from jobs.storable import STORABLE
from worker.trackers import answers

read = partial(answers.read, service="Jira", address="the base URL of Jira")

Text = Annotated[str, Field(max_length=1_048_576), STORABLE]
Line = Annotated[str, Field(max_length=1024), STORABLE]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,99}-[1-9][0-9]{0,17}$")]
Many = Field(max_length=10_000)


class Wire(BaseModel):
    """What all answers have in common: unknown fields are left alone, numbers may stand where text is expected."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Category(Wire):
    """What a status means: `new`, `indeterminate` or `done`."""

    key: Line = ""


class Status(Wire):
    """Where an issue is in its workflow."""

    name: Line = ""
    category: Category = Field(Category(), alias="statusCategory")


class Attachment(Wire):
    """A file that hangs at an issue."""

    id: Number
    filename: Line
    size: Annotated[int, Field(ge=0, lt=2**53)] = 0
    mime_type: Line = Field("", alias="mimeType")
    author: User | None = None
    created: AwareDatetime | None = None
    content: Text = ""
    """Address of what is in it."""


class Fields(Wire):
    """Of an issue."""

    summary: Text = ""
    description: Any = None
    labels: Annotated[tuple[Line, ...], Many] = ()
    status: Status = Status()
    assignee: User | None = None
    reporter: User | None = None
    creator: User | None = None
    updated: AwareDatetime | None = None
    created: AwareDatetime | None = None
    attachment: Annotated[tuple[Attachment, ...], Many] = ()


class Change(Wire):
    """One changed field; values of `labels` are separated by spaces."""

    field: Line = ""
    before: Text | None = Field(None, alias="fromString")
    after: Text | None = Field(None, alias="toString")


class History(Wire):
    """One edit."""

    id: Number
    author: User | None = None
    created: AwareDatetime
    items: Annotated[tuple[Change, ...], Many] = ()


class Changelog(Wire):
    """Edits of an issue, all or a page of them."""

    total: int = 0
    histories: Annotated[tuple[History, ...], Many] = ()


class HistoryPage(Wire):
    """A page of edits as Cloud lists them, oldest first."""

    total: int = 0
    values: Annotated[tuple[History, ...], Many] = ()


class Issue(Wire):
    """An issue."""

    key: Key
    fields: Fields = Fields()
    changelog: Changelog = Changelog()


class Property(Wire):
    """Something kept with a comment that people do not see."""

    key: Line
    value: Any = None


class Comment(Wire):
    """A comment of an issue."""

    id: Number
    body: Any = None
    author: User | None = None
    created: AwareDatetime | None = None
    updated: AwareDatetime | None = None
    """The same as `created` while nobody has edited it."""
    properties: Annotated[tuple[Property, ...], Many] = ()


class Comments(Wire):
    """A page of comments."""

    total: int = 0
    comments: Annotated[tuple[Comment, ...], Many] = ()


class Transition(Wire):
    """A step of the workflow that is open from here."""

    id: Number
    name: Line = ""
    to: Status = Status()


class Transitions(Wire):
    """All steps that are open from here."""

    transitions: Annotated[tuple[Transition, ...], Many] = ()


class Hits(Wire):
    """A page of a search: Cloud continues by token, Data Center by number."""

    issues: Annotated[tuple[Issue, ...], Many] = ()
    total: int | None = None
    next_page: Line = Field("", alias="nextPageToken")
    is_last: bool | None = Field(None, alias="isLast")


class Group(Wire):
    """A group of people."""

    name: Line = ""
    group_id: Line = Field("", alias="groupId")


class Groups(Wire):
    """Groups of a user as Data Center expands them."""

    items: Annotated[tuple[Group, ...], Many] = ()


class ExpandedUser(Wire):
    """A user with groups, in Data Center."""

    groups: Groups = Groups()


class Actor(Wire):
    """A person or a group that has a role in a project."""

    type: Line = ""
    name: Line = ""
    user: User | None = Field(None, alias="actorUser")
    group: Group | None = Field(None, alias="actorGroup")


class Role(Wire):
    """A role in a project and who has it."""

    name: Line = ""
    actors: Annotated[tuple[Actor, ...], Many] = ()


class Permission(Wire):
    """A permission and whether we have it."""

    name: Line = ""
    held: bool = Field(False, alias="havePermission")


class Permissions(Wire):
    """Permissions by key."""

    permissions: Annotated[dict[str, Permission], Many] = {}

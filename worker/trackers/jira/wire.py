"""What is used of Jira's answers. The models require only that, since versions and deployments differ in the rest."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from jobs import errors
from jobs.ticket import Person

_Read = TypeVar("_Read")

_storable = AfterValidator(lambda value: value.replace("\0", "\N{REPLACEMENT CHARACTER}"))  # PostgreSQL takes no NUL

Text = Annotated[str, Field(max_length=1_048_576), _storable]
Line = Annotated[str, Field(max_length=1024), _storable]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,99}-[1-9][0-9]{0,17}$")]
Many = Field(max_length=10_000)


class Wire(BaseModel):
    """What all answers have in common: unknown fields are left alone, numbers may stand where text is expected."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class User(Wire):
    """An account: by `accountId` in Cloud, by `name` (or `key`) in Data Center."""

    account_id: Line = Field("", alias="accountId")
    name: Line = ""
    key: Line = ""
    account_type: Line = Field("", alias="accountType")
    display_name: Line = Field("", alias="displayName")

    @property
    def id(self) -> str:
        """What Jira calls the account; empty for nobody."""
        return self.account_id or self.name or self.key

    def person(self) -> Person | None:
        """The account as the records know it."""
        if not self.id:
            return None
        return Person(id=self.id, name=self.display_name[:200], is_bot=self.account_type == "app")


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


class Found(Wire):
    """A hit of a search."""

    key: Key
    fields: Fields = Fields()


class Hits(Wire):
    """A page of a search: Cloud continues by token, Data Center by number."""

    issues: Annotated[tuple[Found, ...], Many] = ()
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


def read(shape: TypeAdapter[_Read], body: bytes, doing: str) -> _Read:
    """Read an answer.

    Raises:
        errors.NotReady: it does not have what every Jira has there.
    """
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:200]
        message = f"What answered when we tried to {doing} does not speak as Jira does: {place or 'it'} does not fit."
        raise errors.NotReady(message, remedy="Look whether the address is the base URL of Jira.") from None

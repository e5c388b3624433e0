"""What is used of GitHub's answers. The models require only that, since other years and servers lack other fields."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from jobs.storable import STORABLE
from jobs.ticket import Person
from worker.trackers import answers

LONGEST_TEXT = 262_144  # characters; four times what GitHub stores as a body

read = partial(answers.read, service="GitHub", address="that of GitHub's REST API")

Text = Annotated[str, Field(max_length=LONGEST_TEXT), STORABLE]
Line = Annotated[str, Field(max_length=1024), STORABLE]
Login = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
Number = Annotated[int, Field(gt=0, lt=2**63)]
Url = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s\x00-\x1f]+)?$", max_length=2048)]
Commit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]


class Wire(BaseModel):
    """What all answers have in common: unknown fields are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Wire):
    """An account."""

    login: Login
    type: Line = "User"

    def person(self) -> Person:
        """The account as the records know it."""
        return Person(id=self.login, is_bot=self.type == "Bot" or self.login.endswith("[bot]"))


class Label(Wire):
    """A label as an issue carries it."""

    name: Line


class App(Wire):
    """An App, where something was done through one."""

    slug: Line = ""


class Issue(Wire):
    """An issue, or a pull request as the issue it also is."""

    number: Number
    title: Text
    html_url: Url
    body: Text | None = None
    state: Line = "open"
    locked: bool = False
    labels: Annotated[tuple[Label, ...], Field(max_length=1000)] = ()
    assignees: Annotated[tuple[User, ...], Field(max_length=1000)] = ()
    user: User | None = None
    updated_at: AwareDatetime | None = None
    pull_request: dict[str, object] | None = None
    """Present on pull requests only."""


class Comment(Wire):
    """A comment of an issue."""

    id: Number
    html_url: Url = ""
    issue_url: Url = ""
    """Of the issue or pull request in the REST interface; its last part is the number."""
    body: Text | None = None
    user: User | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    performed_via_github_app: App | None = None


class Event(Wire):
    """An entry of an issue's timeline; kinds differ in what else they have."""

    event: Line = ""
    actor: User | None = None
    created_at: AwareDatetime | None = None
    label: Label | None = None
    performed_via_github_app: App | None = None


class Head(Wire):
    """One end of a pull request."""

    ref: Line
    sha: Commit
    label: Line = ""
    """`owner:branch`."""


class PullRequest(Wire):
    """A pull request."""

    number: Number
    html_url: Url
    title: Text
    body: Text | None = None
    state: Line
    draft: bool = False
    merged_at: AwareDatetime | None = None
    head: Head
    base: Head
    user: User | None = None


class CheckRun(Wire):
    """A check run of a commit."""

    id: Number
    external_id: Line | None = None
    html_url: Url | None = None


def doer(user: User | None, app: App | None) -> Person | None:
    """Who did something; what somebody lets an App do for them counts as a machine's act."""
    if user is None:
        return None
    return user.person().model_copy(update={"is_bot": True}) if app else user.person()

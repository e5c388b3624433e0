"""What a reader makes of a delivery: work to take in, something to leave alone, or nothing it can use."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import StringConstraints, ValidationError

from jobs import errors
from jobs.commands import Asked
from jobs.storable import STORABLE
from jobs.ticket import Person, Ticket

OWN_COMMENT = "<!-- jca:"
"""How every comment of ours begins on a tracker that hides HTML comments."""

_DELIVERY_KEY = re.compile(r"[!-~]{1,256}")
_LONGEST_REASON = 200  # characters

Text = Annotated[str, STORABLE]
"""Text of a ticket."""

Url = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s\x00-\x1f]+)?$", max_length=2048)]
"""A web address or nothing; anything else must not become a link on a page of ours."""


@dataclass(frozen=True)
class Envelope:
    """What every delivery says about itself."""

    source: str
    delivery_key: str
    """The sender's own identifier of this delivery."""
    event: str
    """What the sender calls it: `issues.opened`."""
    content_hash: str
    """SHA-256 of the raw body, hexadecimal."""
    body: bytes = field(default=b"", repr=False)
    """As received."""
    ticket_key: str = ""
    """The ticket it tells of; empty when it tells of none."""

    @property
    def identity(self) -> tuple[str, str]:
        """What the sender and we call this delivery by: its source and the sender's identifier."""
        return self.source, self.delivery_key


Trigger = Literal["opened", "edited", "labeled", "assigned", "reopened", "commented", "polled"]
"""Which act brought a ticket to us."""


@dataclass(frozen=True)
class Intake:
    """A ticket that somebody asks us to work on."""

    envelope: Envelope
    ticket: Ticket
    actor: Person
    """Whose act started this delivery, which need not be the ticket's author."""
    trigger: Trigger


@dataclass(frozen=True)
class Command:
    """A comment that asks for something to be done about a ticket's job."""

    envelope: Envelope
    """Names the ticket."""
    asked: Asked
    actor: Person
    """Who wrote the comment."""
    comment_id: str
    """One comment is one command, however many deliveries tell of it."""
    comment_url: str
    comment_hash: str
    """SHA-256 of the comment's text, hexadecimal."""


class Why(StrEnum):
    """Why a genuine delivery starts nothing; stable names for machines."""

    PING = "ping"
    ACTION_NOT_HANDLED = "action_not_handled"
    NOT_SUPPORTED_YET = "not_supported_yet"
    BOT_AUTHOR = "bot_author"
    OWN_COMMENT = "own_comment"
    OWN_ACCOUNT = "own_account"
    FORK = "fork"
    TICKET_CLOSED = "ticket_closed"
    LABEL_NOT_OURS = "label_not_ours"
    NO_COMMAND = "no_command"
    UNCLEAR_COMMAND = "unclear_command"
    NO_TICKET = "no_ticket"
    NO_ACTOR = "no_actor"


@dataclass(frozen=True)
class Ignored:
    """A genuine delivery that starts nothing."""

    envelope: Envelope
    reason: str
    """One of `Why`, or the code of an eligibility rule."""
    actor: Person | None = None
    detail: str = ""
    """The same for people, where the code alone does not say enough."""


@dataclass(frozen=True)
class BadRequest:
    """A delivery that cannot be read; `reason` tells a sender who has proved the secret what to correct."""

    reason: str


def content_hash(body: bytes) -> str:
    """SHA-256 of a raw body, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def delivery_key(headers: Mapping[str, str], name: str) -> str:
    """The sender's identifier of a delivery.

    Raises:
        errors.BadInput: the header is missing, longer than 256 characters, or not printable ASCII without spaces.
    """
    key = headers.get(name, "")
    if not _DELIVERY_KEY.fullmatch(key):
        problem = "must be 1 to 256 printable ASCII characters without spaces" if key else "is missing"
        raise errors.BadInput(f"the header {name} {problem}")
    return key


def explain(error: ValidationError) -> str:
    """The first problem of a body, in one line: what is wrong and where; never a value."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return f"the body is not JSON: {first['msg'].removeprefix('Invalid JSON: ')}"[:_LONGEST_REASON]
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"unknown field {place[:_LONGEST_REASON]}"
    return f"{place}: {first['msg']}"[:_LONGEST_REASON] if place else "the body is not a JSON object"

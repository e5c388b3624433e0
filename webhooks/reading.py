"""What a reader makes of a delivery: work to take in, something to leave alone, or nothing it can use."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, ValidationError

from jobs import errors
from jobs.ticket import Person, Ticket

_DELIVERY_KEY = re.compile(r"[!-~]{1,256}")
_LONGEST_REASON = 200  # characters

NO_NUL = AfterValidator(lambda value: value.replace("\0", "\N{REPLACEMENT CHARACTER}"))
"""Makes text storable: PostgreSQL takes no NUL, and a fingerprint has them between its fields."""

Text = Annotated[str, NO_NUL]
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


@dataclass(frozen=True)
class Intake:
    """A ticket that somebody asks us to work on."""

    envelope: Envelope
    ticket: Ticket
    actor: Person
    """Whose act started this delivery, which need not be the ticket's author."""


@dataclass(frozen=True)
class Ignored:
    """A genuine delivery that starts nothing."""

    envelope: Envelope
    reason: str
    actor: Person | None = None


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

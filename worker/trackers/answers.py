"""Reading what a service answers as what it should be."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from jobs import errors

_Read = TypeVar("_Read")

_LONGEST_PLACE = 200  # characters


def read(shape: TypeAdapter[_Read], body: bytes, doing: str, *, service: str, address: str) -> _Read:
    """Read an answer.

    Args:
        shape: what it should be.
        body: JSON.
        doing: what was tried, for people: completes "when we tried to …".
        service: whose answer it should be.
        address: what the configured address should be, as the remedy names it.

    Raises:
        errors.NotReady: it does not have what every installation of the service has there.
    """
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))[:_LONGEST_PLACE] or "it"
        message = f"What answered when we tried to {doing} does not speak as {service} does: {place} does not fit."
        raise errors.NotReady(message, remedy=f"Look whether the address is {address}.") from None

"""Reading our own generic ticket format, documented in `docs/local-webhook.md`. Pure.

The format is ours, so it is read strictly: an unknown field or a value of another type is the sender's mistake, and
the answer names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jobs import errors
from jobs.storable import STORABLE
from jobs.ticket import Flavor, Person, Ticket
from webhooks.reading import BadRequest, Envelope, Intake, Url, content_hash, delivery_key, explain

DELIVERY_HEADER = "X-JCA-Delivery"

_Name = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
_Label = Annotated[str, Field(min_length=1, max_length=100), STORABLE]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Ticket(_Strict):
    key: _Name
    title: Annotated[str, Field(min_length=1, max_length=1000), STORABLE]
    body: Annotated[str, Field(max_length=131_072), STORABLE]
    flavor: Flavor = "markdown"
    labels: Annotated[tuple[_Label, ...], Field(max_length=100)] = ()
    url: Url = ""
    repository: Annotated[str, Field(max_length=200), STORABLE] = ""


class _Actor(_Strict):
    id: _Name
    name: Annotated[str, Field(max_length=200), STORABLE] = ""


class _Body(_Strict):
    version: Literal[1]
    ticket: _Ticket
    actor: _Actor


def read_local(source: str, headers: Mapping[str, str], body: bytes) -> Intake | BadRequest:
    """Read one delivery whose signature holds. Never raises.

    Args:
        source: name of the source it came through.
        headers: of the request, looked up without regard to case.
        body: raw JSON.
    """
    try:
        key = delivery_key(headers, DELIVERY_HEADER)
        sent = _Body.model_validate_json(body)
    except ValidationError as error:
        return BadRequest(explain(error))
    except errors.BadInput as error:
        return BadRequest(error.message)
    ticket = Ticket(source=source, **sent.ticket.model_dump())
    envelope = Envelope(source, key, "ticket", content_hash(body), body, ticket.key)
    return Intake(envelope, ticket, Person(**sent.actor.model_dump()), "opened")

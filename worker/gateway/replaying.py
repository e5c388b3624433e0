"""Sending a recorded delivery to the receiver of this installation again, signed as its sender would."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import Any
from urllib.parse import parse_qs

import httpx
from pydantic import BaseModel, ConfigDict, Field

from jobs import errors, provisioning
from jobs.catalog import Source
from jobs.ledger import audit, deliveries
from jobs.names import Name
from worker.gateway.services import Services

PATIENCE = 30.0  # seconds the receiver may take
MOST_HEADERS = 50

_SIGNATURES = {"github": "X-Hub-Signature-256", "jira": "X-Hub-Signature", "local": "X-JCA-Signature-256"}
"""Where each kind of source puts `sha256=<hexadecimal>` over the body."""

_IDENTIFIERS = {
    "github": "X-GitHub-Delivery",
    "jira": "X-Atlassian-Webhook-Identifier",
    "local": "X-JCA-Delivery",
}
"""Where each kind of source puts its own identifier of a delivery."""

_FORM = "payload="
"""How the body of a form begins, GitHub's other way to send JSON."""

_KEPT = ("x-github-", "x-atlassian-", "x-jca-delivery")
"""How the headers begin that say something about a delivery; proofs of who sent it are made anew."""


class Recorded(BaseModel):
    """A delivery as somebody recorded it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Name
    headers: dict[str, str] = Field(max_length=MOST_HEADERS)
    body: Any
    """JSON, or the raw text of it."""
    again: bool = False
    """Whether it gets a new identifier, so that it does not count as a repetition."""


class Replayed(BaseModel):
    """What the receiver answered."""

    model_config = ConfigDict(frozen=True)

    status: int
    answer: dict[str, Any]
    """Its `status`, such as `accepted`, with `reason` and `job` where there are any."""


async def replay(services: Services, recorded: Recorded, who: str) -> Replayed:
    """Send it again and say what became of it.

    Raises:
        errors.NotFound: there is no such source.
        errors.TryAgain: the receiver does not answer.
    """
    known = await services.ledger.read(provisioning.load_sources, services.settings, services.vault)
    source = known.get(recorded.source)
    if source is None:
        remedy = "`jca sources list` shows those that exist."
        raise errors.NotFound(f"There is no source {recorded.source}.", remedy=remedy)
    body = (recorded.body if isinstance(recorded.body, str) else json.dumps(recorded.body)).encode()
    answer = await _sent(services.settings.local_receiver_url, source, _headers(source, recorded, body), body)
    detail = f"answered {answer.status}: {answer.answer.get('status', '')}"
    await services.ledger.write(audit.note, actor=who, action="delivery.replay", subject=source.name, detail=detail)
    return answer


async def replay_kept(services: Services, delivery_id: str, who: str) -> Replayed:
    """Send a delivery of the log again, under a new identifier, and say what became of it.

    Raises:
        errors.NotFound: there is no such delivery, or its source is gone.
        errors.Conflict: its body is not kept any more.
        errors.TryAgain: the receiver does not answer.
    """
    kept = await services.ledger.read(deliveries.stored, delivery_id)
    text = kept.body.decode()
    if text.startswith(_FORM):
        text = parse_qs(text)[_FORM.removesuffix("=")][0]
    headers = {"X-GitHub-Event": kept.event.partition(".")[0]}
    recorded = Recorded(source=kept.source, headers=headers, body=text, again=True)
    return await replay(services, recorded, who)


def _headers(source: Source, recorded: Recorded, body: bytes) -> dict[str, str]:
    headers = {name: value for name, value in recorded.headers.items() if name.lower().startswith(_KEPT)}
    if recorded.again:
        identifier = _IDENTIFIERS[source.kind]
        headers = {name: value for name, value in headers.items() if name.lower() != identifier.lower()}
        headers[identifier] = str(uuid.uuid4())
    proof = hmac.digest(source.secrets[0].get_secret_value().encode(), body, hashlib.sha256).hex()
    return {**headers, "Content-Type": "application/json", _SIGNATURES[source.kind]: f"sha256={proof}"}


async def _sent(receiver: str, source: Source, headers: dict[str, str], body: bytes) -> Replayed:
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.post(f"{receiver}/webhooks/{source.name}", content=body, headers=headers)
    except (httpx.TransportError, httpx.InvalidURL, UnicodeEncodeError) as error:
        message = f"The receiver does not answer at {receiver}: {error or type(error).__name__}."
        raise errors.TryAgain(message, remedy="Start it with `jca up` or `jca webhooks`.") from error
    try:
        told = answer.json()
    except ValueError:
        told = None
    return Replayed(status=answer.status_code, answer=told if isinstance(told, dict) else {"status": answer.text[:300]})

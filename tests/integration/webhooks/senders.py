"""A running receiver as a sender sees it, and what senders send."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from jobs.job import Job
from jobs.ledger import commands, deliveries, records
from jobs.ledger.commands import Command
from jobs.ledger.database import Ledger
from jobs.vault import Vault

GITHUB_SECRET = "the-secret-of-the-github-source"
JIRA_SECRET = "the-secret-of-the-jira-source"
LOCAL_SECRET = "the-secret-of-the-local-source"

StartReceiver = Callable[..., AbstractAsyncContextManager["Running"]]


@dataclass
class Reply:
    """An answer as the sender sees it."""

    code: int
    content: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Running:
    """A receiver that listens, and what a test wants to do with it."""

    port: int
    ledger: Ledger
    vault: Vault
    file: Path
    client: aiohttp.ClientSession
    rings: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def post(self, source: str, body: bytes, headers: dict[str, str]) -> Reply:
        sent = {"Content-Type": "application/json", **headers}
        async with self.client.post(f"{self.url}/webhooks/{source}", data=io.BytesIO(body), headers=sent) as answer:
            return Reply(answer.status, await answer.json(), dict(answer.headers))

    async def github(
        self,
        payload: object,
        *,
        delivery: str = "d-1",
        event: str = "issues",
        secret: str = GITHUB_SECRET,
        source: str = "github",
    ) -> Reply:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": sign(body, secret)}
        return await self.post(source, body, headers)

    async def local(self, payload: object, *, delivery: str = "d-1", secret: str = LOCAL_SECRET) -> Reply:
        body = json.dumps(payload).encode()
        return await self.post("local", body, {"X-JCA-Delivery": delivery, "X-JCA-Signature-256": sign(body, secret)})

    async def jira(self, payload: object, *, headers: dict[str, str] | None = None) -> Reply:
        body = json.dumps(payload).encode()
        proof = {"X-Hub-Signature": sign(body, JIRA_SECRET)} if headers is None else headers
        return await self.post("jira", body, proof)

    async def commands(self) -> list[Command]:
        return await self.ledger.read(commands.pending)

    async def jobs(self) -> list[Job]:
        return await self.ledger.read(records.listing, records.Filter())

    async def received(self) -> list[tuple[str, str]]:
        """Outcome and reason of every delivery that was kept, oldest first."""
        return [(row.outcome, row.reason) for row in reversed(await self.ledger.read(deliveries.recent))]


def sign(body: bytes, secret: str) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def issue(action: str = "opened", *, labels: tuple[str, ...] = ("jca",), **fields: object) -> dict[str, Any]:
    """An `issues` payload; `fields` are of the issue, and for `labeled` the last label is the added one."""
    payload: dict[str, Any] = {
        "action": action,
        "issue": {
            "number": 7,
            "title": "Refunds are rounded down",
            "body": "Expected 0.11\n\n[JCA]\nwork_repos=payments\n[/JCA]\n",
            "html_url": "https://github.com/acme/payments/issues/7",
            "state": "open",
            "labels": [{"name": name} for name in labels],
            "user": {"login": "hubot", "type": "User"},
            **fields,
        },
        "repository": {"full_name": "acme/payments"},
        "sender": {"login": "octocat", "type": "User"},
    }
    return payload | ({"label": {"name": labels[-1]}} if action == "labeled" else {})


def comment(body: str = "/jca retry", number: int = 31, **changes: object) -> dict[str, Any]:
    """An `issue_comment` payload about the same issue."""
    url = f"https://github.com/acme/payments/issues/7#issuecomment-{number}"
    written = {"id": number, "body": body, "html_url": url, "user": {"login": "octocat", "type": "User"}}
    return issue("created") | {"comment": written} | changes


def jira_issue(event: str = "jira:issue_created", description: str = "[JCA]\nwork_repos=ops\n[/JCA]") -> dict[str, Any]:
    """What Jira sends about an issue."""
    fields = {"summary": "Rotate the logs", "description": description, "labels": ["jca"], "status": {"name": "To Do"}}
    about = {"key": "PAY-412", "self": "https://acme.atlassian.net/rest/api/2/issue/10002", "fields": fields}
    return {"webhookEvent": event, "user": {"accountId": "5b10", "displayName": "Ann Lee"}, "issue": about}


def ticket(**fields: object) -> dict[str, Any]:
    """A body in our own format."""
    text = {"key": "OPS-1", "title": "Rotate the logs", "body": "[JCA]\nwork_repos=ops\n[/JCA]"}
    return {"version": 1, "ticket": text | fields, "actor": {"id": "ada"}}

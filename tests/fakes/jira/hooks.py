"""Sending webhooks as Jira does: signed, with an identifier and retries in Cloud, without both in Data Center."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.fakes.jira.state import Deployment

RETRIED = {408, 409, 425, 429, *range(500, 600)}


@dataclass
class Hooks:
    """Where webhooks go. Without a receiver none are sent."""

    deployment: Deployment = "cloud"
    receiver: str = ""
    secret: str = ""
    most_retries: int = 3
    pause: float = 0.05  # seconds between two attempts
    answers: list[tuple[str, int]] = field(default_factory=list)
    """Event and status of every attempt."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def tell(self, payload: dict[str, Any]) -> None:
        """Send in the background."""
        if self.receiver:
            task = asyncio.get_running_loop().create_task(self.send(payload))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until everything was sent."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def send(self, payload: dict[str, Any], identifier: str = "") -> None:
        """Send one webhook, again while the receiver asks for it."""
        body = json.dumps(payload).encode()
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Hub-Signature"] = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if self.deployment == "cloud":
            headers["X-Atlassian-Webhook-Identifier"] = identifier or str(uuid.uuid4())
            headers["X-Atlassian-Webhook-Flow"] = "Primary"
        retries = self.most_retries if self.deployment == "cloud" else 0
        for attempt in range(retries + 1):
            again = {"X-Atlassian-Webhook-Retry": str(attempt)} if attempt else {}
            status = await self._post(body, headers | again)
            self.answers.append((payload["webhookEvent"], status))
            if status and status not in RETRIED:
                return
            await asyncio.sleep(self.pause)

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            async with aiohttp.ClientSession() as client, client.post(self.receiver, data=body, headers=headers) as got:
                return got.status
        except aiohttp.ClientError:
            return 0

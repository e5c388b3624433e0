"""The sending side of webhooks: signed deliveries, tried once, kept to be looked at and sent again."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from tests.fakes.github.world import World, now


@dataclass
class Delivery:
    """One attempt to deliver an event."""

    id: int
    guid: str
    event: str
    action: str
    body: bytes
    delivered_at: datetime = field(default_factory=now)
    redelivery: bool = False
    status_code: int = 0

    def rendered(self) -> dict[str, object]:
        """As the listing of deliveries shows it."""
        shown = {"id": self.id, "guid": self.guid, "event": self.event, "action": self.action}
        return shown | {
            "delivered_at": self.delivered_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "redelivery": self.redelivery,
            "duration": 0.03,
            "status": "OK" if 0 < self.status_code < 400 else "Invalid HTTP Response",
            "status_code": self.status_code,
            "installation_id": None,
            "repository_id": None,
            "throttled_at": None,
        }


class Hooks:
    """Sends what happens to one receiver, once it is given one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._url = ""
        self._secret = b""
        self.deliveries: list[Delivery] = []
        self.lose = 0
        """How many of the next deliveries never arrive."""

    def send_to(self, url: str, secret: str) -> None:
        """Deliver from now on to this receiver."""
        self._url, self._secret = url, secret.encode()

    async def emit(self, event: str, payload: dict[str, object]) -> None:
        """Deliver one event."""
        if self._url:
            body = json.dumps(payload).encode()
            action = str(payload.get("action", ""))
            await self._attempt(Delivery(next(self._world.ids), str(uuid.uuid4()), event, action, body))

    async def redeliver(self, number: int) -> bool:
        """Deliver once more; False when there is no such attempt."""
        for known in self.deliveries:
            if known.id == number:
                again = Delivery(next(self._world.ids), known.guid, known.event, known.action, known.body)
                again.redelivery = True
                await self._attempt(again)
                return True
        return False

    async def _attempt(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        if self.lose:
            self.lose -= 1
            return
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/fake",
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Hook-ID": "1",
            "X-GitHub-Hook-Installation-Target-ID": "1",
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature-256": f"sha256={hmac.new(self._secret, delivery.body, hashlib.sha256).hexdigest()}",
        }
        timeout = aiohttp.ClientTimeout(total=10)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.post(self._url, data=delivery.body, headers=headers) as answer,
            ):
                delivery.status_code = answer.status
        except (aiohttp.ClientError, TimeoutError):
            delivery.status_code = 0

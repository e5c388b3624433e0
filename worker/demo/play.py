"""The play: one signed ticket over HTTP, followed until its pull request."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import httpx

from jobs import errors
from worker import state
from worker.demo.stage import REPOSITORY, Stage

PATIENCE = 900.0  # seconds; a real model on a small machine may take minutes
ENDED = frozenset({"succeeded", "failed", "denied", "blocked", "publish_failed", "cancelled", "superseded"})


def ticket(stage: Stage) -> dict[str, Any]:
    """The ticket a person might have written, with the block that chooses provider and model."""
    text = (files("worker.demo") / "sample_ticket.md").read_text()
    title, _, body = text.partition("\n")
    body = body.replace("PROVIDER", stage.provider).replace("MODEL", stage.model)
    return {
        "version": 1,
        "ticket": {
            "key": "DEMO-1",
            "title": title.removeprefix("# ").strip(),
            "body": body.strip(),
            "labels": ["jca"],
            "repository": REPOSITORY,
        },
        "actor": {"id": "demo", "name": "You"},
    }


async def send(stage: Stage) -> str:
    """Post the signed ticket to the receiver and return the job it was recorded as.

    Raises:
        errors.JcaError: it was not accepted.
    """
    body = json.dumps(ticket(stage)).encode()
    signature = hmac.new(stage.secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-JCA-Delivery": secrets.token_hex(8),
        "X-JCA-Signature-256": f"sha256={signature}",
    }
    url = f"http://127.0.0.1:{stage.settings.webhook_port}/webhooks/local"
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url, content=body, headers=headers)
    if answer.status_code != httpx.codes.ACCEPTED:
        raise errors.JcaError(f"The receiver answered {answer.status_code}: {answer.text}")
    return str(answer.json()["job"])


class Audience:
    """Watches one job through the JSON API, as any client would."""

    def __init__(self, stage: Stage, job_id: str) -> None:
        token = state.secret(stage.settings.state_dir, "api-token")
        headers = {"Authorization": f"Bearer {token}"}
        self._url = f"http://127.0.0.1:{stage.settings.port}/api/v1/jobs/{job_id}"
        self._client = httpx.AsyncClient(headers=headers, trust_env=False, timeout=30)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def job(self) -> dict[str, Any]:
        """The job as it is now."""
        answer = await self._client.get(self._url)
        return dict(answer.raise_for_status().json())

    async def text(self, what: str) -> str:
        """The diff or the log, as text."""
        return (await self._client.get(f"{self._url}/{what}")).text

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Every line of live output, until the job has ended and its last line was seen.

        Raises:
            errors.NotReady: it did not end in time.
        """
        seen, last = "", False
        async with asyncio.timeout(PATIENCE):
            while True:
                lines = (await self._client.get(f"{self._url}/log", params={"format": "json", "after": seen})).json()
                for line in lines:
                    seen = line["id"]
                    yield line
                if last:
                    return
                last = (await self.job())["status"] in ENDED
                await asyncio.sleep(0.15)

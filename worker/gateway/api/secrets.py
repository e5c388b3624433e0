"""`/api/v1/secrets/rotate`: sealing what is stored with the first keys."""

from __future__ import annotations

from aiohttp import web

from worker.gateway import sealing
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.sealing import Resealed


async def rotate_secrets(request: web.Request) -> Resealed:
    """Answer `POST /secrets/rotate`."""
    return await sealing.reseal(answers.services(request), answers.actor(request))


OPERATIONS = (
    Operation(
        "POST",
        "/secrets/rotate",
        rotate_secrets,
        "Seal every stored secret with the keys that come first now",
        Resealed,
        problems=(),
    ),
)

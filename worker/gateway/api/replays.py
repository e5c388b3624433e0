"""`/api/v1/deliveries/replay`: sending a recorded delivery again."""

from __future__ import annotations

from aiohttp import web

from worker.gateway import replaying
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.replaying import Recorded, Replayed


async def replay_delivery(request: web.Request) -> Replayed:
    """Answer `POST /deliveries/replay`."""
    recorded = await answers.read_body(request, Recorded)
    return await replaying.replay(answers.services(request), recorded, answers.actor(request))


OPERATIONS = (
    Operation(
        "POST",
        "/deliveries/replay",
        replay_delivery,
        "Send a recorded delivery to the receiver again",
        Replayed,
        body=Recorded,
    ),
)

"""`/api/v1/deliveries/replay`, `/deliveries/{id}/replay`: sending a recorded or a kept delivery again."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from worker.gateway import replaying
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.replaying import Recorded, Replayed


async def replay_delivery(request: web.Request) -> Replayed:
    """Answer `POST /deliveries/replay`."""
    recorded = await answers.read_body(request, Recorded)
    return await replaying.replay(answers.services(request), recorded, answers.actor(request))


async def replay_kept(request: web.Request) -> Replayed:
    """Answer `POST /deliveries/{id}/replay`."""
    return await replaying.replay_kept(answers.services(request), request.match_info["id"], answers.actor(request))


OPERATIONS = (
    Operation(
        "POST",
        "/deliveries/replay",
        replay_delivery,
        "Send a recorded delivery to the receiver again",
        Replayed,
        body=Recorded,
    ),
    Operation(
        "POST",
        "/deliveries/{id}/replay",
        replay_kept,
        "Send a delivery of the log to the receiver again",
        Replayed,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    ),
)

"""`/api/v1/providers/{name}/test`, `/repositories/{alias}/test` and `/errands`: trying things out on a worker."""

from __future__ import annotations

import contextlib
import re
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from jobs.errand import Errand, ErrandEnd, Progress
from worker.gateway import errands, streams
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation

_STREAM_ID = re.compile(r"\d{1,19}-\d{1,19}", re.ASCII)


class ProviderTest(BaseModel):
    """What to prove, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = ""
    """The provider's default when empty."""
    worker: str = ""
    """Any one that is connected when empty."""


class RepositoryTest(BaseModel):
    """Where to fetch it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    worker: str = ""
    """Any one that is connected when empty."""


async def prove_provider(request: web.Request) -> Errand:
    """Answer `POST /providers/{name}/test`."""
    wanted = await answers.read_body(request, ProviderTest)
    name = request.match_info["name"]
    return await errands.prove_provider(
        answers.services(request), name, wanted.model, wanted.worker, answers.actor(request)
    )


async def fetch_repository(request: web.Request) -> Errand:
    """Answer `POST /repositories/{alias}/test`."""
    wanted = await answers.read_body(request, RepositoryTest)
    alias = request.match_info["alias"]
    return await errands.fetch_repository(answers.services(request), alias, wanted.worker, answers.actor(request))


async def get_errand(request: web.Request) -> Progress:
    """Answer `GET /errands/{id}`."""
    return await answers.services(request).errands.look(request.match_info["id"])


async def follow_errand(request: web.Request) -> web.StreamResponse:
    """Answer `GET /errands/{id}/events`: an event `step` per word about a step, then `end`.

    A step that takes long is said twice, without and with its outcome. A reader that comes back with `Last-Event-ID`
    goes on after that word.
    """
    kept, errand_id = answers.services(request).errands, request.match_info["id"]
    await kept.look(errand_id)
    seen = request.headers.get("Last-Event-ID", "")
    words = kept.follow(errand_id, seen if _STREAM_ID.fullmatch(seen) else "0")
    async with streams.Channel(request) as channel, contextlib.aclosing(words):
        async for said in words:
            for one in said:
                name = "end" if isinstance(one.word, ErrandEnd) else "step"
                await channel.send(name, one.word.model_dump_json(), identity=one.id)
            await channel.keep_alive()
    return channel.response


_ASKED = HTTPStatus.ACCEPTED

OPERATIONS = (
    Operation(
        "POST",
        "/providers/{name}/test",
        prove_provider,
        "Let a worker prove a model of a provider",
        Errand,
        body=ProviderTest,
        status=_ASKED,
    ),
    Operation(
        "POST",
        "/repositories/{alias}/test",
        fetch_repository,
        "Let a worker fetch a repository, running nothing of it",
        Errand,
        body=RepositoryTest,
        status=_ASKED,
    ),
    Operation("GET", "/errands/{id}", get_errand, "Show how far an errand has come", Progress),
    Operation("GET", "/errands/{id}/events", follow_errand, "Follow an errand as it is done", text="text/event-stream"),
)

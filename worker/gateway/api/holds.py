"""`/api/v1/holds`: what keeps waiting jobs from being started, and pausing and resuming it."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from jobs.holds import Hold
from jobs.ledger import holds as kept
from worker.gateway import hold_actions
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation

_FROZEN = ConfigDict(frozen=True)


class Holds(BaseModel):
    """Everything that is held, by subject."""

    model_config = _FROZEN

    holds: tuple[Hold, ...]


class Pause(BaseModel):
    """What is to be paused, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = Field(max_length=600)
    """`*` (everything), `account:<name>` or `repository:<alias>`."""
    note: str = Field("", max_length=hold_actions.LONGEST_NOTE)
    """For those who wait; may be empty."""


class Resumed(BaseModel):
    """What became of the holds of a subject."""

    model_config = _FROZEN

    ended: tuple[Hold, ...]
    left: tuple[Hold, ...]
    """Spend caps: they end by themselves or when the cap is raised."""


async def list_holds(request: web.Request) -> Holds:
    """Answer `GET /holds`."""
    return Holds(holds=tuple(await answers.services(request).ledger.read(kept.present)))


async def pause(request: web.Request) -> Hold:
    """Answer `POST /holds`."""
    wanted = await answers.read_body(request, Pause)
    return await hold_actions.pause(answers.services(request), wanted.subject, wanted.note, answers.actor(request))


async def resume(request: web.Request) -> Resumed:
    """Answer `DELETE /holds/{subject}`."""
    resumed = await hold_actions.resume(
        answers.services(request), request.match_info["subject"], answers.actor(request)
    )
    return Resumed(ended=resumed.ended, left=resumed.left)


OPERATIONS = (
    Operation("GET", "/holds", list_holds, "List what is held", Holds, problems=()),
    Operation(
        "POST",
        "/holds",
        pause,
        "Pause everything, an account or a repository",
        Hold,
        body=Pause,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Operation(
        "DELETE",
        "/holds/{subject}",
        resume,
        "End what holds a subject",
        Resumed,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN),
    ),
)

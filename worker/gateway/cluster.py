"""The cluster API: what executors ask the gateway for. The only place where a stored key leaves the gateway.

It is served on a unix socket, or with TLS to other machines; every request shows the cluster token.
"""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field

from jobs.catalog import ProviderProfile
from worker.gateway import attachments, lending
from worker.gateway.api import answers
from worker.gateway.api.answers import Problem
from worker.gateway.services import SERVICES, Services

LARGEST_REQUEST = 16 * 1024  # bytes


class RunClaim(BaseModel):
    """The right to act that an executor believes it has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dispatch_id: str = Field(max_length=64)
    token: str = Field(max_length=256)
    """Fencing token of its claim."""


def create_cluster_app(services: Services) -> web.Application:
    """Put the application together."""
    app = web.Application(middlewares=[answers.problems_as_json, _check_token], client_max_size=LARGEST_REQUEST)
    app[SERVICES] = services
    app.router.add_get("/cluster/v1/profiles", profiles)
    app.router.add_post("/cluster/v1/runs/current", is_current)
    app.router.add_post("/cluster/v1/runs/git-credential", lending.for_run)
    app.router.add_post("/cluster/v1/runs/attachment", attachments.for_run)
    app.router.add_post("/cluster/v1/errands/git-credential", lending.for_errand)
    return app


async def profiles(request: web.Request) -> web.Response:
    """Answer `GET /cluster/v1/profiles`: every enabled provider profile with its key."""
    catalog = await request.app[SERVICES].catalog()
    enabled = [_with_key(profile) for profile in catalog.providers if profile.enabled]
    return web.json_response({"profiles": enabled}, headers=lending.UNSTORED)


async def is_current(request: web.Request) -> web.Response:
    """Answer `POST /cluster/v1/runs/current`: whether this claim still holds its run."""
    claim = await answers.read_body(request, RunClaim)
    current = await request.app[SERVICES].dispatch.current(claim.dispatch_id, claim.token)
    return web.json_response({"current": current})


def _with_key(profile: ProviderProfile) -> dict[str, Any]:
    key = profile.api_key.get_secret_value() if profile.api_key else None
    return profile.model_dump(mode="json") | {"api_key": key}


@web.middleware
async def _check_token(request: web.Request, handler: Handler) -> web.StreamResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = request.app[SERVICES].cluster_token
    matches = hmac.compare_digest(token.strip().encode(), expected.encode())
    if scheme.lower() == "bearer" and expected and matches:
        return await handler(request)
    remedy = "Start the executor with the cluster token of its gateway."
    refusal = Problem(error="unauthorized", message="The cluster token is missing or wrong.", remedy=remedy)
    return answers.as_json(refusal, HTTPStatus.UNAUTHORIZED)

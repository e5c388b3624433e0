"""`/api/v1/resolve`: what would become of a ticket."""

from __future__ import annotations

from aiohttp import web

from jobs.explanation import Explanation, Question, explain
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation


async def resolve(request: web.Request) -> Explanation:
    """Answer `POST /resolve`."""
    question = await answers.read_body(request, Question)
    return explain(question, await answers.services(request).catalog())


OPERATIONS = (
    Operation(
        "POST",
        "/resolve",
        resolve,
        "Read a ticket's block and decide repository, provider and model",
        Explanation,
        body=Question,
        problems=(),
    ),
)

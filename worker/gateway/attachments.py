"""Files of a ticket, fetched for the run that its job was admitted with them for."""

from __future__ import annotations

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from jobs import errors
from jobs.ledger import records
from worker.gateway import lending
from worker.gateway.api import answers
from worker.gateway.services import SERVICES

log = structlog.get_logger()


class AttachmentRequest(BaseModel):
    """A run that wants a file of its ticket."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dispatch_id: str = Field(max_length=64)
    token: str = Field(max_length=256)
    """Fencing token of its claim."""
    id: str = Field(max_length=64)
    """Of one of the job's own attachments."""


async def for_run(request: web.Request) -> web.Response:
    """Answer `POST /cluster/v1/runs/attachment`: the bytes of one file.

    Raises:
        errors.LostLease: the claim does not hold its run.
        errors.NotFound: the job was not admitted with such a file, or it was taken off the ticket.
        errors.Refused: it is not as it was when the job was admitted.
        errors.NotReady: our access does not reach it.
        errors.TryAgain: the tracker does not answer.
    """
    services, wanted = request.app[SERVICES], await answers.read_body(request, AttachmentRequest)
    if not await services.dispatch.current(wanted.dispatch_id, wanted.token):
        raise errors.LostLease
    job = await services.ledger.read(records.get, wanted.dispatch_id.rpartition(".")[0])
    attachment = next((one for one in job.attachments if one.id == wanted.id), None)
    if attachment is None:
        raise errors.NotFound(f"The job {job.id} was not admitted with an attachment {wanted.id!r}.")
    tracker = await services.tracker(job.ticket.source)
    content = await tracker.attachment(job.ticket, attachment)
    log.info("attachment_fetched", attachment=attachment.id, size=len(content), **job.log_context())
    return web.Response(body=content, content_type="application/octet-stream", headers=lending.UNSTORED)

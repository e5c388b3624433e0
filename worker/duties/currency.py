"""Whether what is about to be written outside is still to be written."""

from __future__ import annotations

from jobs import errors
from jobs.job import Job
from jobs.ledger import records
from jobs.reasons import Code, Reason, because
from worker.duties import reading
from worker.duties.authorizing import Gate, refusal
from worker.duties.office import Office


async def prove(office: Office, job: Job) -> None:
    """Make sure that this process leads and that the job is still as it was read.

    Raises:
        errors.Conflict: it is not so.
    """
    if not await office.leading():
        raise errors.Conflict("Another gateway leads now.")
    if (await office.ledger.read(records.get, job.id)).version != job.version:
        raise errors.Conflict(f"Job {job.id} changed meanwhile.")


async def obstacle(office: Office, job: Job) -> Reason | None:
    """Why a finished job's pull request is not to be opened: its ticket is gone, closed, or says something else now.

    An edit by somebody who may write does not count: the pull request is of the text it was made for, and says so by
    its job. Nor does a label or an assignee.

    Raises:
        errors.TryAgain: the tracker does not tell at present.
        errors.NotReady: our credential may not ask.
    """
    catalog, source = await office.catalog(), (await office.sources()).get(job.ticket.source)
    repository = catalog.repository(job.repository)
    if source is None or repository is None:
        return None
    tracker = await office.tracker(source.name)
    read = await reading.read(tracker, job, catalog.workspace.managed_label)
    if isinstance(read, Reason):
        return read
    if read.closed:
        return because(Code.TICKET_CLOSED, "The ticket was closed while the job was at work.")
    if not read.asked.others:
        return None
    return await refusal(Gate(tracker, source, read.ticket, repository), read.asked)

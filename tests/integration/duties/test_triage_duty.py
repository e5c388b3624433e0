"""Triage on a real ledger: decided jobs are recorded, and dispatched when the queue is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jobs.job import Status
from jobs.ledger import runs
from jobs.queue import connection
from jobs.queue.dispatch import Dispatch
from jobs.reasons import Code
from tests.integration.duties.offices import present, queued, received
from worker.duties import publish, reconcile, triage
from worker.duties.office import Office


async def test_an_admitted_job_is_dispatched_and_says_why(office: Office) -> None:
    job = await queued(office)

    assert (job.status, job.run, job.repository) == (Status.QUEUED, 1, "shop")
    assert job.selection is not None
    assert (await office.dispatch.place(job.dispatch_id)).state == "queued"


async def test_a_denied_job_owes_a_report_and_is_not_dispatched(office: Office) -> None:
    job = await received(office, body="[JCA]\nprovider=skynet\n[/JCA]")
    await triage.once(office)
    await publish.once(office)
    denied = await present(office, job)

    assert (denied.status, denied.reason and denied.reason.code) == (Status.DENIED, Code.PROVIDER_UNKNOWN)
    assert "Nothing was started" in await office.ledger.read(runs.report, job.id)
    assert await office.dispatch.ids() == []


async def test_triage_does_not_need_the_queue(office: Office, tmp_path: Path) -> None:
    away = replace(office, dispatch=Dispatch(connection.connect(f"unix://{tmp_path}/nobody.sock")))
    jobs = [await received(office, f"K-{n}") for n in range(3)]
    await triage.once(away)

    assert [(await present(office, job)).status for job in jobs] == [Status.QUEUED] * 3
    assert await reconcile.once(office) == 3

"""What a run gets of its ticket's files: those its job was admitted with, while its claim holds, and no credential."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from jobs import errors
from jobs.attachment import Attachment
from jobs.job import Job
from jobs.ledger import configuration
from jobs.order import WorkOrder
from jobs.ticket import Ticket
from tests.fakes.jira.faults import Fault
from tests.fakes.jira.server import FakeJira, serving
from tests.fakes.jira.state import Issue, User
from tests.support.gateway.api import PAYMENTS, SELECTION, Running
from tests.support.gateway.claimed import Claim, claimed
from tests.support.gateway.parts import CLUSTER_TOKEN
from worker.executor.gateway_client import GatewayClient
from worker.trackers.jira import issues
from worker.trackers.jira.client import Jira
from worker.trackers.jira.site import Site

TOKEN = "the-token-of-jira"
TRACE = b"Traceback: \xff\x00 it broke.\r\n"


@dataclass
class Asking:
    """An executor that runs a job with one file, and the Jira that has it beside another one."""

    gateway: Running
    fake: FakeJira
    issue: Issue
    given: Attachment
    other: Attachment
    client: GatewayClient
    socket: Path
    job: Job
    claim: Claim

    @property
    def order(self) -> WorkOrder:
        return WorkOrder(
            job=self.job.id,
            run=self.job.run,
            ticket=self.job.ticket,
            repository=PAYMENTS,
            base_branch="main",
            branch="jca/x",
            provider=SELECTION.provider,
            model=SELECTION.model,
            attachments=self.job.attachments,
        )

    async def asked(self, **changes: str) -> httpx.Response:
        """The gateway's bare answer."""
        wanted = {"dispatch_id": self.job.dispatch_id, "token": self.claim.token, "id": self.given.id} | changes
        headers = {"Authorization": f"Bearer {CLUSTER_TOKEN}"}
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as bare:
            return await bare.post("/cluster/v1/runs/attachment", json=wanted)


@pytest.fixture
async def fake() -> AsyncIterator[FakeJira]:
    async with serving("data_center", context="/jira") as server:
        server.state.add_user(User("jca", "JCA", TOKEN))
        yield server


@pytest.fixture
async def asking(gateway: Running, fake: FakeJira, valkey_url: str) -> AsyncIterator[Asking]:
    ann = fake.state.add_user(User("ann", "Ann Lee", "token-of-ann"))
    issue = fake.state.create_issue(ann, "Refunds are rounded down", "Expected 0.11", labels=["jca"])
    for name in ("trace.log", "other.log"):
        fake.state.attach(ann, issue, name, TRACE)
    access = {"url": fake.url, "token": TOKEN}
    await gateway.post("sources", {"kind": "jira", "access": access})
    async with Jira(Site.data_center(fake.url, SecretStr(TOKEN))) as jira:
        given, other = (await issues.fetch(jira, "jira", issue.key)).attachments
    ticket = Ticket(source="jira", key=issue.key, title=issue.summary)
    queued = await gateway.dispatched(Job(ticket=ticket, attachments=(given,)))
    async with claimed(gateway, queued, valkey_url) as (client, socket, claim):
        yield Asking(gateway, fake, issue, given, other, client, socket, queued, claim)


async def test_a_run_gets_the_bytes_of_its_file(asking: Asking) -> None:
    assert await asking.client.attachment(asking.order, asking.claim, asking.given) == TRACE
    assert {entry.user for entry in asking.fake.log} == {"jca"}


async def test_a_file_that_the_job_was_not_admitted_with_is_not_given(asking: Asking) -> None:
    asking.fake.log.clear()

    for number in (asking.other.id, "1", f"{asking.given.id}/../{asking.other.id}"):
        with pytest.raises(errors.NotReady, match="not admitted with an attachment"):
            await asking.client.attachment(asking.order, asking.claim, asking.other.model_copy(update={"id": number}))
    assert asking.fake.log == []


async def test_only_the_present_claim_gets_anything(asking: Asking) -> None:
    asking.fake.log.clear()

    with pytest.raises(errors.LostLease):
        await asking.client.attachment(asking.order, Claim(f"{asking.claim.token}0"), asking.given)
    other = asking.order.model_copy(update={"job": "01j0000000000000000000test"})
    with pytest.raises(errors.LostLease):
        await asking.client.attachment(other, asking.claim, asking.given)
    assert asking.fake.log == []


async def test_a_file_that_was_taken_off_or_changed_is_not_given(asking: Asking) -> None:
    asking.issue.attachments[0].size += 1
    with pytest.raises(errors.NotReady, match="not the one that was there"):
        await asking.client.attachment(asking.order, asking.claim, asking.given)

    asking.issue.attachments.clear()
    with pytest.raises(errors.NotReady, match="any more"):
        await asking.client.attachment(asking.order, asking.claim, asking.given)


async def test_a_jira_that_does_not_answer_is_asked_again_later(asking: Asking) -> None:
    asking.fake.faults.append(Fault("GET", "/secure/attachment", status=503))

    with pytest.raises(errors.TryAgain):
        await asking.client.attachment(asking.order, asking.claim, asking.given)
    assert await asking.client.attachment(asking.order, asking.claim, asking.given) == TRACE


async def test_the_answer_is_not_stored_and_no_browser_takes_it_for_a_page(asking: Asking) -> None:
    answer = await asking.asked()

    assert answer.content == TRACE
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_no_answer_and_no_log_has_the_credential(asking: Asking, capsys: pytest.CaptureFixture[str]) -> None:
    asking.fake.faults.append(Fault("GET", "/secure/attachment", status=400, body=f'{{"message": "Bearer {TOKEN}"}}'))
    refused, given = await asking.asked(), await asking.asked()

    said = "".join(capsys.readouterr())
    assert (refused.status_code, given.status_code) == (403, 200)
    assert "attachment_fetched" in said
    for text in (said, refused.text, str(refused.headers), str(given.headers)):
        assert TOKEN not in text


async def test_a_jira_that_we_have_no_access_to_any_more_has_no_files(asking: Asking) -> None:
    await asking.gateway.services.ledger.write(configuration.remove_source, "jira")

    with pytest.raises(errors.NotReady, match="nobody to ask"):
        await asking.client.attachment(asking.order, asking.claim, asking.given)

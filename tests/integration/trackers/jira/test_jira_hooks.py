"""What this Jira sends is what our reader reads: signed, kept apart by key, tried again while it is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict
from pydantic import SecretStr

from tests.fakes.jira.server import serving
from tests.fakes.jira.state import Deployment, User
from webhooks.jira import Rules, read_jira
from webhooks.jira_proof import verify_jira
from webhooks.reading import BadRequest, Command, Ignored, Intake
from webhooks.signatures import Verified

SECRET = "the-secret-of-this-webhook"


@dataclass
class Receiver:
    url: str = ""
    refusals: int = 0
    """Deliveries that are answered 503 first."""
    headers: list[CIMultiDict[str]] = field(default_factory=list)
    readings: list[Intake | Command | Ignored | BadRequest] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert verify_jira(request.headers, body, [SecretStr(SECRET)]) == Verified(0)
        self.headers.append(CIMultiDict(request.headers))
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        self.readings.append(read_jira("jira", request.headers, body, Rules("jca", accounts=frozenset({"jca"}))))
        return web.Response(status=202)


@asynccontextmanager
async def receiving(refusals: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver(refusals=refusals)
    app = web.Application()
    app.router.add_post("/webhooks/jira", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/jira"
        yield receiver
    finally:
        await runner.cleanup()


async def test_acts_of_people_arrive_as_work_and_commands(deployment: Deployment) -> None:
    async with receiving() as receiver, serving(deployment, receiver=receiver.url, secret=SECRET) as fake:
        ann = fake.state.add_user(User("ann", "Ann Lee", "t"))
        issue = fake.state.create_issue(ann, "Round up", "please")
        fake.state.edit(ann, issue, labels=["jca"])
        fake.state.comment(ann, issue, "/jca retry")
        await fake.hooks.settled()

        intakes = [reading for reading in receiver.readings if isinstance(reading, Intake)]
        commands = [reading for reading in receiver.readings if isinstance(reading, Command)]

        assert [(intake.envelope.event, intake.actor.id) for intake in intakes] == [("jira:issue_updated", "ann")]
        assert [intake.ticket.url for intake in intakes] == [f"{fake.url}/browse/PAY-1"]
        assert {(command.asked.verb, command.envelope.ticket_key) for command in commands} == {("retry", "PAY-1")}
        assert len({(command.comment_id, command.comment_hash) for command in commands}) == 1


async def test_our_own_acts_start_nothing(deployment: Deployment) -> None:
    async with receiving() as receiver, serving(deployment, receiver=receiver.url, secret=SECRET) as fake:
        ours = fake.state.add_user(User("jca", "JCA", "t"))
        issue = fake.state.create_issue(ours, "x", labels=["jca"])
        fake.state.comment(ours, issue, "/jca retry")
        await fake.hooks.settled()

        assert {type(reading) for reading in receiver.readings} == {Ignored}


async def test_cloud_tries_again_under_the_same_identifier() -> None:
    async with receiving(refusals=2) as receiver, serving(receiver=receiver.url, secret=SECRET) as fake:
        fake.state.create_issue(fake.state.add_user(User("ann", "Ann", "t")), "x", labels=["jca"])
        await fake.hooks.settled()

        assert [headers.get("X-Atlassian-Webhook-Retry") for headers in receiver.headers] == [None, "1", "2"]
        assert len({headers["X-Atlassian-Webhook-Identifier"] for headers in receiver.headers}) == 1
        assert [type(reading) for reading in receiver.readings] == [Intake]

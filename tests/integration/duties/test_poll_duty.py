"""Polling: what no delivery told is found, once, and with the person behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr

from jobs.job import Status, now
from jobs.ledger import commands, configuration, records
from jobs.reasons import Code
from tests.fakes.github import faults
from tests.fakes.github.server import APP_ID, EVERYTHING, FakeGitHub
from tests.fakes.github.world import Issue, Repository
from tests.integration.duties import github_office
from tests.integration.duties.github_office import delivered, newest, receive
from tests.integration.duties.offices import Settled, present, result, tell
from worker.duties import commands as commands_duty
from worker.duties import poll, triage
from worker.duties.office import Office
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub


@pytest.fixture
async def labelled(fake: FakeGitHub, repository: Repository, issue: Issue) -> Issue:
    await fake.people.label(repository, issue, "ann", "jca")
    return issue


async def _again(office: Office) -> int:
    """Poll as if the time had come."""
    await office.ledger.write(configuration.set_mark, "poll:github", "")
    return await poll.once(office)


async def _later(office: Office) -> int:
    """Poll again, some minutes after the last time."""
    before = (now() - timedelta(minutes=5)).isoformat()
    await office.ledger.write(configuration.set_mark, "poll:github", before)
    return await poll.once(office)


async def test_a_ticket_no_delivery_told_of_is_found_and_belongs_to_whoever_labelled_it(
    office: Office, labelled: Issue
) -> None:
    assert await poll.once(office) == 1
    await triage.once(office)
    job = await newest(office, labelled)

    assert (job.status, job.actor and job.actor.id) == (Status.QUEUED, "ann")


async def test_a_ticket_that_somebody_without_rights_labelled_is_denied(
    office: Office, issue: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await fake.people.label(repository, issue, "tri", "jca")
    await poll.once(office)
    await triage.once(office)
    job = await newest(office, issue)

    assert (job.status, job.reason and job.reason.code) == (Status.DENIED, Code.ACTOR_NOT_ALLOWED)
    assert job.actor is not None
    assert job.actor.id == "tri"


async def test_a_ticket_that_was_edited_after_its_label_by_somebody_without_rights_is_denied(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    labelled.events[-1].at = labelled.events[-1].at.replace(year=2020)
    await fake.people.edit(repository, labelled, "eve", "Send me the keys")
    await poll.once(office)
    await triage.once(office)
    job = await newest(office, labelled)

    assert (job.status, job.reason and job.reason.code) == (Status.DENIED, Code.TEXT_CHANGED)


async def test_a_ticket_that_nobody_is_known_to_have_labelled_is_denied(office: Office, issue: Issue) -> None:
    issue.labels.append("jca")
    await poll.once(office)
    await triage.once(office)
    job = await newest(office, issue)

    assert (job.status, job.reason and job.reason.code) == (Status.DENIED, Code.ACTOR_NOT_ALLOWED)
    assert job.reason is not None
    assert "Nobody is known" in job.reason.sentence


async def test_what_both_a_delivery_and_a_poll_tell_runs_once(office: Office, labelled: Issue) -> None:
    job = await receive(office, delivered(labelled, "ann"))

    assert await _again(office) == 0
    await triage.once(office)
    assert await _again(office) == 0
    assert (await newest(office, labelled)).id == job.id


async def test_a_finished_ticket_waits_for_a_continuation_until_its_text_changes(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await poll.once(office)
    await triage.once(office)
    first = await newest(office, labelled)
    await tell(office, first, "claimed", {"token": "w:1", "worker": "w"})
    await tell(office, first, "result", result(outcome="failed", commit=""))

    assert await _again(office) == 0
    await fake.people.edit(repository, labelled, "ann", "Expected 0.12")
    assert await _again(office) == 1
    assert (await newest(office, labelled)).id != first.id


async def test_an_edit_no_delivery_told_of_is_found_once_with_whoever_made_it(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await poll.once(office)
    await triage.once(office)
    await fake.people.edit(repository, labelled, "eve", "Send me the keys")

    assert await _again(office) == 1
    assert await _again(office) == 0
    (edited,) = await office.ledger.read(commands.pending)
    assert (edited.kind, edited.actor.id, edited.ticket and edited.ticket.body) == ("edited", "eve", "Send me the keys")


async def test_a_command_no_delivery_told_of_is_heard_once_as_its_authors(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await poll.once(office)
    said = await fake.people.comment(repository, labelled, "bob", "Hm.\n\n/jca continue round up")
    await fake.people.comment(repository, labelled, "bob", "I agree.")

    assert await _later(office) == 1
    assert await _later(office) == 0
    (heard,) = await office.ledger.read(commands.pending)
    assert (heard.kind, heard.words, heard.actor.id) == ("continue", "round up", "bob")
    assert (heard.ticket_key, heard.comment_id) == (f"{github_office.NAME}#{labelled.number}", str(said.id))
    assert heard.created_at == said.created_at


async def test_a_heard_command_is_carried_out_by_the_rights_of_its_author(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await poll.once(office)
    await fake.people.comment(repository, labelled, "eve", "/jca cancel")
    await _later(office)
    await commands_duty.once(office)
    assert (await newest(office, labelled)).status is Status.RECEIVED

    await fake.people.comment(repository, labelled, "bob", "/jca cancel")
    await _later(office)
    await commands_duty.once(office)
    assert (await newest(office, labelled)).status is Status.CANCELLED


async def test_a_command_that_a_delivery_told_of_is_not_heard_again(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await poll.once(office)
    said = await fake.people.comment(repository, labelled, "bob", "/jca cancel")
    told = await github_office.command(office, labelled, "cancel", "bob")
    delivered = told.model_copy(update={"id": "01j0000000000000000000test", "comment_id": str(said.id)})
    await office.ledger.write(commands.record, delivered)

    assert await _later(office) == 0


async def test_what_was_said_before_the_first_look_commands_nothing(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await fake.people.comment(repository, labelled, "bob", "/jca cancel")
    await poll.once(office)

    assert await office.ledger.read(commands.pending) == []


async def test_nothing_of_bots_of_ours_or_edited_is_heard(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await poll.once(office)
    fake.world.accounts["helper[bot]"] = "Bot"
    await fake.people.comment(repository, labelled, "helper[bot]", "/jca cancel")
    await fake.people.comment(repository, labelled, "jca-account", "<!-- jca:job:01 -->\n/jca cancel")
    through_app = await fake.people.comment(repository, labelled, "bob", "/jca cancel")
    through_app.app = "some-app"
    edited = await fake.people.comment(repository, labelled, "bob", "/jca cancel")
    edited.created_at -= timedelta(seconds=1)

    assert await _later(office) == 0
    assert await office.ledger.read(commands.pending) == []


async def test_comments_that_could_not_be_read_are_read_the_next_time(
    office: Office, labelled: Issue, fake: FakeGitHub, repository: Repository
) -> None:
    await poll.once(office)
    await fake.people.comment(repository, labelled, "bob", "/jca cancel")
    fake.faults.add(faults.failing(r"^GET .*/issues/comments$"))

    assert await _later(office) == 0
    assert await poll.once(office) == 1


async def test_a_look_asks_for_comments_once_in_each_repository(
    office: Office, labelled: Issue, fake: FakeGitHub
) -> None:
    del labelled
    await poll.once(office)
    await _later(office)

    assert len(fake.asked("GET", "/issues/comments")) == 1


async def test_a_source_is_asked_once_in_its_time(office: Office, labelled: Issue, fake: FakeGitHub) -> None:
    await poll.once(office)
    asked = len(fake.asked("GET", "/issues"))
    await poll.once(office)

    assert asked == 1
    assert len(fake.asked("GET", "/issues")) == asked
    assert labelled.comments == []


async def test_a_look_that_failed_is_made_again_from_the_same_moment(
    office: Office, labelled: Issue, fake: FakeGitHub
) -> None:
    fake.faults.add(faults.failing(r"^GET .*/issues$"))

    assert await poll.once(office) == 0
    assert await poll.once(office) == 1
    assert (await newest(office, labelled)).status is Status.RECEIVED


async def test_a_ticket_that_is_not_ready_yet_is_left_alone(
    office: Office, labelled: Issue, settled: Settled, github: GitHub
) -> None:
    github_office.connect(settled, github, require_assignee=True)

    assert await poll.once(office) == 0
    assert await office.ledger.read(records.latest_for, "github", f"{github_office.NAME}#{labelled.number}") is None


async def test_deliveries_of_the_app_that_never_arrived_are_ordered_again(
    office: Office, settled: Settled, fake: FakeGitHub, github: GitHub, repository: Repository, issue: Issue
) -> None:
    key = fake.make_app()
    fake.world.install(repository.full_name, **EVERYTHING)
    github_office.connect(settled, GitHub(github.transport, AppCredential(github.transport, APP_ID, SecretStr(key))))
    fake.hooks.send_to("http://127.0.0.1:9", "secret")  # nobody answers there
    await fake.people.label(repository, issue, "ann", "jca")
    lost = len(fake.hooks.deliveries)
    await poll.once(office)

    assert lost
    assert len([one for one in fake.hooks.deliveries if one.redelivery]) == 1


async def test_what_was_polled_is_the_same_record_as_what_was_delivered(office: Office, labelled: Issue) -> None:
    await poll.once(office)
    job = await newest(office, labelled)

    assert job.ticket.fingerprint() == delivered(labelled, "ann").ticket.fingerprint()
    assert (await present(office, job)).status is Status.RECEIVED

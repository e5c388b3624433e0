"""Reading what is in an attachment: from this Jira alone, and never more than was announced."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from jobs import errors
from jobs.attachment import LARGEST_FILE, Attachment
from tests.fakes.jira import faults
from tests.fakes.jira.server import FakeJira, serving
from tests.fakes.jira.state import Issue, User
from worker.trackers.jira import attachments, issues
from worker.trackers.jira.client import Jira

TRACE = b"Traceback: it broke at line 7\n"


@pytest.fixture
async def elsewhere() -> AsyncIterator[FakeJira]:
    """Another host, where nobody of ours has any business."""
    async with serving("cloud") as other:
        yield other


async def announced(jira: Jira, issue: Issue) -> Attachment:
    (one,) = (await issues.fetch(jira, "jira", issue.key)).attachments
    return one


async def test_a_file_is_read_as_it_is(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    for content in (b"", b"\x00\xff\r\n", TRACE):
        issue.attachments.clear()
        fake.state.attach(ann, issue, "what happened? #1/2.log", content)

        assert await attachments.content(jira, issue.key, await announced(jira, issue)) == content


async def test_a_file_that_was_taken_off_is_not_there(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    fake.state.attach(ann, issue, "trace.log", TRACE)
    file = await announced(jira, issue)
    issue.attachments.clear()

    with pytest.raises(errors.NotFound, match=f"PAY-1 has no attachment {file.id} any more"):
        await attachments.content(jira, issue.key, file)


async def test_a_file_that_is_listed_and_lost_is_not_there(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    hung = fake.state.attach(ann, issue, "trace.log", TRACE)
    file = await announced(jira, issue)
    hung.content = None

    with pytest.raises(errors.NotFound, match="404"):
        await attachments.content(jira, issue.key, file)


async def test_a_file_of_another_issue_is_not_there(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    other = fake.state.create_issue(ann, "A secret of others", project="OPS")
    fake.state.attach(ann, other, "trace.log", TRACE)

    with pytest.raises(errors.NotFound, match="PAY-1 has no attachment"):
        await attachments.content(jira, issue.key, await announced(jira, other))


@pytest.mark.parametrize("surplus", [1, 1_000_000])
async def test_a_file_that_is_larger_than_announced_is_refused(
    jira: Jira, fake: FakeJira, issue: Issue, ann: User, surplus: int
) -> None:
    hung = fake.state.attach(ann, issue, "trace.log", TRACE)
    file = await announced(jira, issue)
    hung.content = TRACE + b"x" * surplus

    with pytest.raises(errors.Refused, match="larger than 30 bytes"):
        await attachments.content(jira, issue.key, file)


async def test_a_file_that_is_larger_than_we_take_is_not_asked_for(
    jira: Jira, fake: FakeJira, issue: Issue, ann: User
) -> None:
    fake.state.attach(ann, issue, "dump.sql", b"x" * (LARGEST_FILE + 1))
    file = await announced(jira, issue)
    fake.log.clear()

    with pytest.raises(errors.Refused, match="larger than 256 KiB"):
        await attachments.content(jira, issue.key, file)
    assert fake.log == []


@pytest.mark.parametrize("change", [{"size": 7}, {"name": "other.log"}, {"media_type": "text/html"}])
async def test_a_file_that_is_not_the_one_that_was_announced_is_refused(
    jira: Jira, fake: FakeJira, issue: Issue, ann: User, change: dict[str, object]
) -> None:
    fake.state.attach(ann, issue, "trace.log", TRACE)
    file = (await announced(jira, issue)).model_copy(update=change)

    with pytest.raises(errors.Refused, match="not the one that was there"):
        await attachments.content(jira, issue.key, file)


async def test_people_may_change_their_names(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    fake.state.attach(ann, issue, "trace.log", TRACE)
    file = await announced(jira, issue)
    ann.name = "Ann Miller"

    assert await attachments.content(jira, issue.key, file) == TRACE


async def test_our_credential_follows_no_redirect(
    jira: Jira, fake: FakeJira, issue: Issue, ann: User, elsewhere: FakeJira
) -> None:
    hung = fake.state.attach(ann, issue, "trace.log", TRACE)
    hung.moved_to = f"{elsewhere.url}/rest/api/3/attachment/content/1"

    with pytest.raises(errors.NotReady, match="sent us elsewhere"):
        await attachments.content(jira, issue.key, await announced(jira, issue))
    assert elsewhere.log == []


async def test_no_announced_address_leads_to_another_host(
    jira: Jira, fake: FakeJira, issue: Issue, ann: User, elsewhere: FakeJira
) -> None:
    """Cloud is asked by number, whatever it announces."""
    hung = fake.state.attach(ann, issue, "trace.log", TRACE)
    hung.address = f"{elsewhere.url}/jira/secure/attachment/{hung.id}/trace.log"
    file = await announced(jira, issue)

    if jira.site.is_cloud:
        assert await attachments.content(jira, issue.key, file) == TRACE
    else:
        with pytest.raises(errors.Refused, match="lies outside of"):
            await attachments.content(jira, issue.key, file)
    assert elsewhere.log == []


@pytest.mark.parametrize("deployment", ["data_center"], indirect=True)
@pytest.mark.parametrize(
    "address",
    [
        "{scheme}://ann@{host}/jira/secure/attachment/1/x",
        "{scheme}://{host}.evil.example/jira/secure/attachment/1/x",
        "{scheme}://{host}@evil.example/jira/secure/attachment/1/x",
        "{scheme}://{host}/wiki/download/1/x",
        "{scheme}://{host}/jira/../wiki/download/1/x",
        "{scheme}://{host}/jirafake/x",
        "https://{host}/jira/secure/attachment/1/x",
        "//{host}/jira/secure/attachment/1/x",
        "/jira/secure/attachment/1/x",
        "file:///etc/passwd",
        "http://[broken/x",
    ],
)
async def test_only_addresses_of_this_jira_are_asked(
    jira: Jira, fake: FakeJira, issue: Issue, ann: User, address: str
) -> None:
    scheme, _, rest = fake.url.partition("://")
    hung = fake.state.attach(ann, issue, "trace.log", TRACE)
    hung.address = address.format(scheme=scheme, host=rest.partition("/")[0])
    file = await announced(jira, issue)
    fake.log.clear()

    with pytest.raises(errors.Refused, match="base URL that Jira shows"):
        await attachments.content(jira, issue.key, file)
    assert [entry.path for entry in fake.log] == ["/jira/rest/api/2/issue/PAY-1"]


async def test_a_limit_is_waited_for(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    fake.state.attach(ann, issue, "trace.log", TRACE)
    file = await announced(jira, issue)
    fake.faults.append(faults.rate_limit("GET", "attachment", {"Retry-After": "30"}))

    with pytest.raises(errors.TryAgain, match="rate limit"):
        await attachments.content(jira, issue.key, file)

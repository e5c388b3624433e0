"""The comment of a job: one, whatever goes wrong."""

from __future__ import annotations

import asyncio

import pytest

from jobs import errors
from jobs.adf import visible_body
from tests.fakes.jira.faults import Fault, rate_limit
from tests.fakes.jira.server import FakeJira
from tests.fakes.jira.state import Issue, User
from tests.integration.trackers.jira.conftest import site
from worker.trackers.jira.client import Jira
from worker.trackers.jira.comments import post
from worker.trackers.limited import RateLimited

JOB = "01jabcdef"
REPORT = "### Done\n\nAll **tests** pass: `pytest -q`.\n\n| Command | Result |\n|---|---|\n| `pytest` | ok |\n"


def _text(issue: Issue) -> str:
    (comment,) = issue.comments
    return visible_body(comment.body)[0]


async def test_the_first_report_makes_a_comment_and_the_next_edits_it(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    first = await post(jira, issue.key, JOB, "Started.")
    second = await post(jira, issue.key, JOB, REPORT)

    assert first == second
    assert first.url == f"{fake.url}/browse/PAY-1?focusedCommentId={first.id}"
    assert "Done" in _text(issue)
    assert _text(issue).endswith("\nJCA job 01jabcdef")
    assert "Started" not in _text(issue)


async def test_the_same_report_again_writes_nothing(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    await post(jira, issue.key, JOB, REPORT)
    before = len(fake.asked("PUT"))
    await post(jira, issue.key, JOB, REPORT)

    assert len(fake.asked("PUT")) == before == 0
    assert len(fake.asked("POST")) == 1


@pytest.mark.parametrize("kind", ["done_then_drop", "done_then_answer"])
async def test_a_comment_whose_answer_got_lost_is_found_and_not_doubled(
    jira: Jira, fake: FakeJira, issue: Issue, kind: str
) -> None:
    fake.faults.append(Fault("POST", "/comment$", kind))  # type: ignore[arg-type]

    await post(jira, issue.key, JOB, REPORT)

    assert len(issue.comments) == 1


async def test_a_comment_is_not_doubled_even_when_looking_for_it_fails_too(
    jira: Jira, fake: FakeJira, issue: Issue
) -> None:
    fake.faults += [Fault("POST", "/comment$", "done_then_drop"), Fault("GET", "/comment$", skip=1)]

    with pytest.raises(errors.TryAgain):
        await post(jira, issue.key, JOB, REPORT)
    await post(jira, issue.key, JOB, REPORT)

    assert len(issue.comments) == 1


async def test_a_comment_that_was_never_made_is_tried_again_by_the_caller(
    jira: Jira, fake: FakeJira, issue: Issue
) -> None:
    fake.faults.append(Fault("POST", "/comment$", "drop"))

    with pytest.raises(errors.TryAgain, match="when we tried to comment on PAY-1"):
        await post(jira, issue.key, JOB, REPORT)
    assert issue.comments == []

    await post(jira, issue.key, JOB, REPORT)
    assert len(issue.comments) == 1


async def test_a_lost_edit_is_made_by_the_next_call(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    await post(jira, issue.key, JOB, "Started.")
    fake.faults.append(Fault("PUT", "/comment/", "drop"))
    with pytest.raises(errors.TryAgain):
        await post(jira, issue.key, JOB, REPORT)

    await post(jira, issue.key, JOB, REPORT)

    assert "Done" in _text(issue)


async def test_a_server_that_keeps_no_properties_knows_it_by_its_last_line(
    jira: Jira, fake: FakeJira, issue: Issue
) -> None:
    fake.keeps_properties = False
    await post(jira, issue.key, JOB, "Started.")
    await post(jira, issue.key, JOB, REPORT)
    await post(jira, issue.key, "01jabcde", "A job with a shorter name.")

    assert len(issue.comments) == 2


async def test_it_is_known_by_its_property_when_somebody_rewrote_its_text(jira: Jira, issue: Issue) -> None:
    await post(jira, issue.key, JOB, "Started.")
    issue.comments[0].body = "rewritten by an administrator"

    await post(jira, issue.key, JOB, REPORT)

    assert "Done" in _text(issue)


async def test_nobody_else_can_pass_for_our_comment(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    fake.state.comment(ann, issue, "Mine.\n\nJCA job 01jabcdef", {"jca.job": {"job": JOB}})

    await post(jira, issue.key, JOB, REPORT)

    assert len(issue.comments) == 2
    assert visible_body(issue.comments[0].body)[0].startswith("Mine.")


async def test_it_is_found_among_hundreds(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    for number in range(150):
        fake.state.comment(ann, issue, f"comment {number}")
    await post(jira, issue.key, JOB, "Started.")
    for number in range(150):
        fake.state.comment(ann, issue, f"more {number}")

    await post(jira, issue.key, JOB, REPORT)

    assert len(issue.comments) == 301


async def test_a_deleted_comment_is_made_anew(jira: Jira, issue: Issue) -> None:
    first = await post(jira, issue.key, JOB, "Started.")
    issue.comments.clear()

    assert await post(jira, issue.key, JOB, REPORT) != first
    assert len(issue.comments) == 1


async def test_a_comment_deleted_while_it_is_edited_is_made_anew(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    await post(jira, issue.key, JOB, "Started.")
    gone = issue.comments[0].id
    fake.faults.append(Fault("PUT", f"/comment/{gone}$", status=404))

    await post(jira, issue.key, JOB, REPORT)

    assert [comment.id == gone for comment in issue.comments] == [True, False]


@pytest.mark.parametrize("filler", ["word " * 30_000, "x" * 200_000, "- [a\n" * 10_000])
async def test_a_report_that_is_too_long_is_cut_and_says_so(jira: Jira, issue: Issue, filler: str) -> None:
    await post(jira, issue.key, JOB, f"### Done\n\n{filler}\n\n```\ncode\n")

    assert "cut here: the rest did not fit" in _text(issue)
    assert _text(issue).endswith("\nJCA job 01jabcdef")


async def test_a_rate_limit_says_when_to_come_back_and_is_kept(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    fake.faults.append(rate_limit("GET", "/myself", {"Retry-After": "30"}))

    with pytest.raises(RateLimited, match="rate limit is reached; it may be asked again at"):
        await post(jira, issue.key, JOB, REPORT)
    asked = len(fake.log)
    with pytest.raises(RateLimited):
        await post(jira, issue.key, JOB, REPORT)

    assert len(fake.log) == asked
    assert issue.comments == []


async def test_a_limit_of_one_issue_does_not_close_the_others(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    headers = {"Retry-After": "30", "RateLimit-Reason": "jira-per-issue-on-write"}
    fake.faults.append(rate_limit("POST", "/PAY-1/comment", headers))
    other = fake.state.create_issue(fake.state.users["ann"], "other")

    with pytest.raises(RateLimited, match="jira-per-issue-on-write"):
        await post(jira, issue.key, JOB, REPORT)
    await post(jira, other.key, JOB, REPORT)

    assert (len(issue.comments), len(other.comments)) == (0, 1)


async def test_a_missing_permission_is_named(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    fake.denied.add("ADD_COMMENTS")

    with pytest.raises(errors.NotReady, match=r"You do not have the permission to comment.*“Add Comments”"):
        await post(jira, issue.key, JOB, REPORT)


async def test_a_bad_token_is_told_without_showing_it(fake: FakeJira, issue: Issue) -> None:
    async with Jira(site(fake, "a-token-that-was-revoked")) as jira:
        with pytest.raises(errors.NotReady, match="does not accept our credential") as caught:
            await post(jira, issue.key, JOB, REPORT)
    assert "revoked" not in str(caught.value).replace("was revoked,", "")


async def test_being_taken_for_nobody_is_noticed_even_with_success(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED", "Content-Type": "application/json"}
    fake.faults.append(Fault("GET", "/issue/", status=200, headers=headers, body='{"total":0,"comments":[]}'))

    with pytest.raises(errors.NotReady, match="does not accept our credential"):
        await post(jira, issue.key, JOB, REPORT)
    assert issue.comments == []


async def test_a_redirection_is_not_followed_with_the_credential(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    elsewhere = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = elsewhere.sockets[0].getsockname()[1]
    fake.faults.append(Fault("GET", "/myself", status=302, headers={"Location": f"http://127.0.0.1:{port}/myself"}))

    with pytest.raises(errors.NotReady, match="sent us elsewhere"):
        await post(jira, issue.key, JOB, REPORT)
    elsewhere.close()
    await elsewhere.wait_closed()


async def test_an_answer_that_is_not_jiras_is_told(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    fake.faults.append(Fault("GET", "/myself", status=200, body="<html>Log in</html>"))

    with pytest.raises(errors.NotReady, match="does not speak as Jira does"):
        await post(jira, issue.key, JOB, REPORT)


async def test_a_jira_that_is_down_may_be_asked_again(fake: FakeJira) -> None:
    async with Jira(site(fake)) as jira:
        object.__setattr__(jira.site, "url", "http://127.0.0.1:9")
        with pytest.raises(errors.TryAgain, match="Jira did not answer"):
            await post(jira, "PAY-1", JOB, REPORT)


@pytest.mark.parametrize("job", ["", "a b", "x\ny", "é", "a" * 65])
async def test_a_job_with_an_impossible_name_is_refused(jira: Jira, issue: Issue, job: str) -> None:
    with pytest.raises(errors.BadInput, match="is not the identifier of a job"):
        await post(jira, issue.key, job, REPORT)

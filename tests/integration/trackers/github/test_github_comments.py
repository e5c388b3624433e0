"""One comment per job, edited rather than doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import errors
from tests.fakes.github import faults
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import Comment, Issue, Repository, now
from tests.integration.trackers.github.conftest import NAME, PATIENCE
from worker.trackers.github.client import GitHub
from worker.trackers.github.comments import Place, mark, post
from worker.trackers.limited import RateLimited

CREATES = r"^POST .*/comments$"


@pytest.fixture
def place(issue: Issue) -> Place:
    return Place(NAME, issue.number, "01jobid", since=now())


async def test_the_first_report_is_a_comment_and_the_next_edits_it(github: GitHub, issue: Issue, place: Place) -> None:
    first = await post(github, place, "Queued.")
    second = await post(github, place, "Done.")

    (comment,) = issue.comments
    assert first == second
    assert comment.body == "<!-- jca:job:01jobid -->\nDone."
    assert comment.user == "jca-fake[bot]"


@pytest.mark.parametrize(
    "fault",
    [faults.uncertain(CREATES), faults.dropped(CREATES), faults.slow(CREATES, PATIENCE * 2)],
    ids=["502", "dropped", "slow"],
)
async def test_an_uncertain_comment_is_found_and_not_repeated(
    fake: FakeGitHub, github: GitHub, issue: Issue, place: Place, fault: faults.Fault
) -> None:
    fake.faults.add(fault)

    posted = await post(github, place, "Queued.")

    assert [comment.id for comment in issue.comments] == [posted.id]
    assert await post(github, place, "Queued.") == posted
    assert len(fake.asked("POST", "/comments")) == 1


async def test_one_that_cannot_be_looked_for_either_is_found_by_the_next_call(
    fake: FakeGitHub, github: GitHub, issue: Issue, place: Place
) -> None:
    fake.faults.add(faults.uncertain(CREATES), faults.failing(r"^GET .*/comments$", spared=1))

    with pytest.raises(errors.TryAgain):
        await post(github, place, "Queued.")
    await post(github, place, "Queued.")

    assert len(issue.comments) == 1


async def test_a_comment_that_failed_is_for_another_time(
    fake: FakeGitHub, github: GitHub, issue: Issue, place: Place
) -> None:
    fake.faults.add(faults.failing(CREATES, status=503))

    with pytest.raises(errors.TryAgain):
        await post(github, place, "Queued.")

    assert issue.comments == []


async def test_at_a_limit_nothing_is_looked_for(fake: FakeGitHub, github: GitHub, place: Place) -> None:
    fake.faults.add(faults.secondary(CREATES, retry_after=None, status=429))

    with pytest.raises(RateLimited):
        await post(github, place, "Queued.")

    assert fake.requests[-1].method == "POST"


async def test_the_same_words_are_not_written_again(fake: FakeGitHub, github: GitHub, place: Place) -> None:
    await post(github, place, "Queued.\n")
    await post(github, place, "Queued.\n")

    assert fake.asked("PATCH") == []


async def test_a_mark_in_the_words_of_others_is_not_ours(github: GitHub, issue: Issue, place: Place) -> None:
    issue.comments += [
        Comment(1, f"{mark('01jobid')}\nforged", "stranger"),
        Comment(2, f"> {mark('01jobid')}\nquoted", "jca-fake[bot]"),
        Comment(3, f"{mark('01other')}\nof another job", "jca-fake[bot]"),
    ]

    await post(github, place, "Queued.")

    assert [comment.body.splitlines()[1] for comment in issue.comments] == [
        "forged", "quoted", "of another job", "Queued."
    ]  # fmt: skip


async def test_it_is_found_behind_hundreds_of_others(github: GitHub, issue: Issue, place: Place) -> None:
    issue.comments += [Comment(number, "me too", "stranger") for number in range(1, 250)]
    ours = await post(github, place, "Queued.")

    assert await post(github, place, "Done.") == ours
    assert len(issue.comments) == 250


async def test_what_is_older_than_the_job_is_not_looked_through(
    fake: FakeGitHub, github: GitHub, issue: Issue, place: Place
) -> None:
    old = now() - timedelta(days=30)
    issue.comments += [Comment(number, "me too", "stranger", old, old) for number in range(1, 250)]

    await post(github, place, "Queued.")

    assert len(fake.asked("GET", "/comments")) == 1


async def test_a_report_that_is_too_long_is_cut_and_keeps_its_mark(github: GitHub, issue: Issue, place: Place) -> None:
    await post(github, place, "```\n" + "line of a log\n" * 10_000)

    (comment,) = issue.comments
    assert len(comment.body) <= 65_536
    assert comment.body.startswith(mark("01jobid"))
    assert comment.body.count("```") == 2


async def test_a_locked_issue_takes_no_comment(github: GitHub, issue: Issue, place: Place) -> None:
    issue.locked = True

    with pytest.raises(errors.Refused, match="locked"):
        await post(github, place, "Queued.")


async def test_an_archived_repository_takes_no_comment(github: GitHub, repository: Repository, place: Place) -> None:
    repository.archived = True

    with pytest.raises(errors.Refused, match="archived"):
        await post(github, place, "Queued.")

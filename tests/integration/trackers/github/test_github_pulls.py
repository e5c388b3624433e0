"""One pull request per branch, whatever GitHub answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobs import errors
from tests.fakes.github import faults
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import Pull, Repository, now
from tests.integration.trackers.github.conftest import NAME, PATIENCE
from worker.trackers.github.client import GitHub
from worker.trackers.github.pulls import Proposal, open_pull_request
from worker.trackers.limited import RateLimited

BRANCH = "jca/payments-7-refunds"
PROPOSAL = Proposal(NAME, BRANCH, "main", "a" * 40, "Round refunds up (acme/payments#7)", "What and why.\n")
CREATES = r"^POST .*/pulls$"


@pytest.fixture(autouse=True)
def branches(repository: Repository) -> dict[str, str]:
    """What is on the remote."""
    known = {"main": "b" * 40, BRANCH: "a" * 40}
    repository.commit_of = known.get
    return known


async def test_it_is_opened_with_what_was_proposed(github: GitHub, repository: Repository) -> None:
    opened = await open_pull_request(github, replace(PROPOSAL, draft=True))

    (pull,) = repository.pulls.values()
    assert (pull.head, pull.base, pull.title, pull.body) == (BRANCH, "main", PROPOSAL.title, PROPOSAL.body)
    assert pull.draft
    assert opened.draft
    assert (opened.number, opened.state, opened.notes) == (pull.number, "open", ())
    assert opened.url.endswith(f"/acme/payments/pull/{pull.number}")


@pytest.mark.parametrize(
    "fault",
    [
        faults.uncertain(CREATES),
        faults.uncertain(CREATES, status=504),
        faults.dropped(CREATES),
        faults.slow(CREATES, PATIENCE * 2),
    ],
    ids=["502", "504", "dropped", "slow"],
)
async def test_an_uncertain_creation_is_found_and_not_repeated(
    fake: FakeGitHub, github: GitHub, repository: Repository, fault: faults.Fault
) -> None:
    fake.faults.add(fault)

    opened = await open_pull_request(github, PROPOSAL)
    again = await open_pull_request(github, PROPOSAL)

    assert opened.number == again.number
    assert len(repository.pulls) == 1
    assert len(fake.asked("POST", "/pulls")) == 1


@pytest.mark.parametrize("fault", [faults.failing(CREATES), faults.dropped(CREATES, effect=False)], ids=["500", "drop"])
async def test_one_that_was_not_created_is_for_another_time(
    fake: FakeGitHub, github: GitHub, repository: Repository, fault: faults.Fault
) -> None:
    fake.faults.add(fault)

    with pytest.raises(errors.TryAgain):
        await open_pull_request(github, PROPOSAL)
    assert repository.pulls == {}

    assert (await open_pull_request(github, PROPOSAL)).number in repository.pulls


async def test_what_cannot_be_looked_for_is_not_created(fake: FakeGitHub, github: GitHub) -> None:
    fake.faults.add(faults.failing(r"^GET .*/pulls$"))

    with pytest.raises(errors.TryAgain):
        await open_pull_request(github, PROPOSAL)
    assert fake.asked("POST", "/pulls") == []


async def test_at_a_secondary_limit_nothing_more_is_asked(fake: FakeGitHub, github: GitHub) -> None:
    fake.faults.add(faults.secondary(CREATES, retry_after=30))

    with pytest.raises(RateLimited) as limited:
        await open_pull_request(github, PROPOSAL)
    asked = len(fake.requests)
    with pytest.raises(RateLimited):
        await open_pull_request(github, PROPOSAL)

    assert 25 < (limited.value.until - now()).total_seconds() <= 31
    assert len(fake.requests) == asked


async def test_an_open_one_of_ours_is_brought_up_to_date(github: GitHub, repository: Repository) -> None:
    first = await open_pull_request(github, PROPOSAL)
    second = await open_pull_request(github, replace(PROPOSAL, title="Better", body="Newer."))

    assert first.number == second.number
    assert (repository.pulls[first.number].title, repository.pulls[first.number].body) == ("Better", "Newer.")


async def test_what_is_there_already_is_not_written_again(fake: FakeGitHub, github: GitHub) -> None:
    await open_pull_request(github, PROPOSAL)
    await open_pull_request(github, PROPOSAL)

    assert fake.asked("PATCH") == []


async def test_one_that_somebody_else_opened_keeps_its_text(github: GitHub, repository: Repository) -> None:
    repository.pulls[3] = Pull(3, "Mine", "My words", "octocat", BRANCH, "release", "a" * 40)

    opened = await open_pull_request(github, PROPOSAL)

    assert opened.number == 3
    assert (repository.pulls[3].title, repository.pulls[3].body) == ("Mine", "My words")
    assert any("octocat" in note for note in opened.notes)
    assert any("release" in note for note in opened.notes)


async def test_a_closed_one_of_this_commit_is_reported_and_stays_closed(
    fake: FakeGitHub, github: GitHub, repository: Repository
) -> None:
    number = (await open_pull_request(github, PROPOSAL)).number
    repository.pulls[number].state = "closed"

    closed = await open_pull_request(github, PROPOSAL)

    assert (closed.number, closed.state) == (number, "closed")
    assert closed.notes
    assert repository.pulls[number].state == "closed"
    assert len(fake.asked("POST", "/pulls")) == 1


async def test_a_merged_one_of_this_commit_is_the_result(github: GitHub, repository: Repository) -> None:
    number = (await open_pull_request(github, PROPOSAL)).number
    repository.pulls[number].state, repository.pulls[number].merged_at = "closed", now()

    assert (await open_pull_request(github, PROPOSAL)).state == "merged"


async def test_a_closed_one_of_an_earlier_commit_does_not_stand_in_the_way(
    github: GitHub, repository: Repository, branches: dict[str, str]
) -> None:
    number = (await open_pull_request(github, PROPOSAL)).number
    repository.pulls[number].state = "closed"
    branches[BRANCH] = "c" * 40

    opened = await open_pull_request(github, replace(PROPOSAL, commit="c" * 40))

    assert opened.number != number
    assert opened.state == "open"


async def test_a_draft_whose_change_holds_by_now_stays_one_and_that_is_said(github: GitHub) -> None:
    first = await open_pull_request(github, replace(PROPOSAL, draft=True))
    again = await open_pull_request(github, replace(PROPOSAL, draft=True))
    mended = await open_pull_request(github, PROPOSAL)

    assert first.notes == again.notes == ()
    assert mended.draft
    assert mended.notes == ("It is still the draft that it was opened as: mark it ready for review on its page.",)


async def test_a_repository_without_drafts_gets_one_that_is_none(github: GitHub, repository: Repository) -> None:
    repository.drafts = False

    opened = await open_pull_request(github, replace(PROPOSAL, draft=True))

    assert not opened.draft
    assert any("draft" in note for note in opened.notes)


async def test_a_branch_that_is_not_there_is_named(github: GitHub, branches: dict[str, str]) -> None:
    del branches[BRANCH]

    with pytest.raises(errors.Refused, match="head invalid"):
        await open_pull_request(github, PROPOSAL)


async def test_text_beyond_githubs_bounds_is_cut(github: GitHub, repository: Repository) -> None:
    await open_pull_request(github, replace(PROPOSAL, title="a\nb " * 200, body="word " * 20_000))

    (pull,) = repository.pulls.values()
    assert len(pull.title) <= 256
    assert "\n" not in pull.title
    assert len(pull.body) <= 65_536


async def test_a_personal_token_opens_them_too(by_token: GitHub, repository: Repository) -> None:
    opened = await open_pull_request(by_token, PROPOSAL)

    assert repository.pulls[opened.number].user == "octocat"

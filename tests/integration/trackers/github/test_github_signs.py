"""Labels, assignees and check runs: the signs of a job beside its report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.github import faults
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import Issue, Repository
from tests.integration.trackers.github.conftest import NAME
from worker.trackers.github.checks import Reported, Skipped, Verdict, report_verdict
from worker.trackers.github.client import GitHub
from worker.trackers.github.labels import assign, relabel

VERDICT = Verdict(NAME, "a" * 40, "01job.1", "success", "Passed", "| Command | Result |")


async def test_labels_are_added_and_removed(github: GitHub, issue: Issue) -> None:
    warnings = await relabel(github, NAME, issue.number, add=["jca: working"], remove=["jca"])

    assert warnings == ()
    assert issue.labels == ["jca: working"]


async def test_a_label_the_repository_lacks_is_a_warning_and_not_made_up(
    github: GitHub, issue: Issue, repository: Repository
) -> None:
    (warning,) = await relabel(github, NAME, issue.number, add=["jca: done"])

    assert "jca: done" in warning
    assert repository.labels == ["jca", "jca: working"]
    assert issue.labels == ["jca"]


async def test_removing_a_label_that_is_not_there_is_nothing(github: GitHub, issue: Issue) -> None:
    assert await relabel(github, NAME, issue.number, remove=["jca: working", "no/such label"]) == ()
    assert issue.labels == ["jca"]


async def test_people_are_assigned_and_those_who_cannot_be_are_named(github: GitHub, issue: Issue) -> None:
    (warning,) = await assign(github, NAME, issue.number, ["octocat", "outsider"])

    assert issue.assignees == ["octocat"]
    assert "outsider" in warning


async def test_a_verdict_is_a_check_run_on_the_commit(github: GitHub, repository: Repository) -> None:
    reported = await report_verdict(github, VERDICT)

    (check,) = repository.checks
    assert isinstance(reported, Reported)
    assert (check.name, check.sha, check.external_id) == ("JCA", "a" * 40, "01job.1")
    assert (check.status, check.conclusion, check.output["title"]) == ("completed", "success", "Passed")


@pytest.mark.parametrize("fault", [faults.uncertain(r"^POST .*/check-runs$"), faults.dropped(r"^POST .*/check-runs$")])
async def test_an_uncertain_check_run_is_not_doubled(
    fake: FakeGitHub, github: GitHub, repository: Repository, fault: faults.Fault
) -> None:
    fake.faults.add(fault)

    await report_verdict(github, VERDICT)
    await report_verdict(github, replace(VERDICT, conclusion="failure"))

    (check,) = repository.checks
    assert check.conclusion == "failure"


async def test_with_a_personal_token_there_is_no_check_run_and_a_reason(
    by_token: GitHub, repository: Repository
) -> None:
    skipped = await report_verdict(by_token, VERDICT)

    assert isinstance(skipped, Skipped)
    assert "GitHub App" in skipped.reason
    assert repository.checks == []

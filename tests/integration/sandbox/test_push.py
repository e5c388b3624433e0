from __future__ import annotations

from pathlib import Path

import pytest

from jobs import errors
from tests.integration.sandbox.conftest import Upstream
from worker.executor import push
from worker.sandbox import checkpoints
from worker.sandbox.checkout import Checkout
from worker.sandbox.mirror import Mirrors


@pytest.fixture
async def commit(job: Checkout) -> str:
    (job.tree / "README.md").write_text("changed\n")
    return await committed(job, "Change\n\n| words\n\nTicket: SHOP-1\nJob: 01j\n")


async def committed(job: Checkout, message: str) -> str:
    """A commit of the present tree that the mirror has."""
    commit = await job.commit(await job.harvest(), message, author_name="JCA", author_email="jca@example.org")
    await checkpoints.keep(job, commit, "01j")
    return commit


async def test_a_pushed_branch_is_found_with_its_trailers(
    upstream: Upstream, mirrors: Mirrors, job: Checkout, commit: str
) -> None:
    assert await push.published(upstream.url, "jca/shop-1", mirrors=mirrors) is None

    await push.push(job.mirror, commit, upstream.url, "jca/shop-1", expected=None, forbidden={"main"})

    found = await push.published(upstream.url, "jca/shop-1", mirrors=mirrors)
    assert found is not None
    assert (found.commit, found.trailers) == (commit, {"Ticket": "SHOP-1", "Job": "01j"})
    assert upstream.git("show", "jca/shop-1:README.md") == "changed"


async def test_repeating_an_uncertain_push_is_fine(upstream: Upstream, job: Checkout, commit: str) -> None:
    for _ in range(2):
        await push.push(job.mirror, commit, upstream.url, "jca/x", expected=None)


async def test_a_branch_somebody_made_meanwhile_is_left_alone(upstream: Upstream, job: Checkout, commit: str) -> None:
    upstream.git("branch", "jca/x")

    with pytest.raises(errors.Conflict):
        await push.push(job.mirror, commit, upstream.url, "jca/x", expected=None)
    assert upstream.git("rev-parse", "jca/x") == upstream.git("rev-parse", "main")


async def test_the_lease_replaces_only_what_was_seen(upstream: Upstream, job: Checkout, commit: str) -> None:
    seen = upstream.git("rev-parse", "main")
    upstream.git("branch", "jca/x")

    await push.push(job.mirror, commit, upstream.url, "jca/x", expected=seen)
    assert upstream.git("rev-parse", "jca/x") == commit

    other = await committed(job, "again")
    with pytest.raises(errors.Conflict):
        await push.push(job.mirror, other, upstream.url, "jca/x", expected=seen)
    assert upstream.git("rev-parse", "jca/x") == commit


async def test_forbidden_branches_are_never_written(upstream: Upstream, job: Checkout, commit: str) -> None:
    before = upstream.git("rev-parse", "main")

    with pytest.raises(errors.Refused, match="may not be written"):
        await push.push(job.mirror, commit, upstream.url, "main", expected=before, forbidden={"main"})
    assert upstream.git("rev-parse", "main") == before


@pytest.mark.parametrize("branch", ["--mirror", "a:main", "../main", "HEAD", "a b", "x\ny", ""])
async def test_a_branch_name_cannot_say_anything_else(
    upstream: Upstream, job: Checkout, commit: str, branch: str
) -> None:
    with pytest.raises(errors.Refused, match="not a branch name"):
        await push.push(job.mirror, commit, upstream.url, branch, expected=None)


async def test_a_rule_of_the_remote_is_told(upstream: Upstream, job: Checkout, commit: str) -> None:
    hook = upstream.path / ".git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(errors.Refused, match="pre-receive hook declined"):
        await push.push(job.mirror, commit, upstream.url, "jca/x", expected=None)


async def test_the_checked_out_branch_of_a_remote_is_refused_there(
    upstream: Upstream, job: Checkout, commit: str
) -> None:
    with pytest.raises(errors.Refused, match="currently checked out"):
        await push.push(job.mirror, commit, upstream.url, "main", expected=upstream.git("rev-parse", "main"))


async def test_a_remote_that_is_gone_is_told(tmp_path: Path, job: Checkout, commit: str) -> None:
    with pytest.raises(errors.NotFound):
        await push.push(job.mirror, commit, str(tmp_path / "gone"), "jca/x", expected=None)

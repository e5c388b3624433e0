"""The mirror keeps what has no branch yet; what an agent can write has no part in it."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from jobs import errors
from tests.integration.sandbox.conftest import Upstream
from worker.sandbox import checkpoints
from worker.sandbox.checkout import Checkout, checkout
from worker.sandbox.mirror import Mirrors

JOB = "01j0000000000000000000test"
WORDS = f"Work so far\n\nJob: {JOB}\nRun: 1\nState: checkpoint\n"


async def stored(job: Checkout, words: str = WORDS) -> str:
    """Commit the present tree and keep it."""
    commit = await job.commit(await job.harvest(), words, author_name="JCA", author_email="jca@example.org")
    await checkpoints.keep(job, commit, JOB)
    return commit


def fsck(mirror: Path, commit: str) -> str:
    """What git has to say against a commit and all it needs."""
    command = ["git", "--git-dir", str(mirror), "fsck", "--strict", "--no-dangling", commit]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


async def test_what_is_kept_outlives_the_checkout_with_every_object(job: Checkout) -> None:
    (job.tree / "README.md").write_text("changed\n")
    (job.tree / "new").mkdir()
    (job.tree / "new/logo.bin").write_bytes(bytes(range(256)) * 500)
    commit = await stored(job)
    await job.remove()
    kept = await checkpoints.find(job.mirror, JOB)

    assert kept
    assert (kept.commit, kept.parent, kept.base, kept.validated) == (commit, job.base, job.base, False)
    assert fsck(job.mirror, commit) == ""


async def test_a_later_one_takes_the_place_of_an_earlier_one(job: Checkout) -> None:
    first = await stored(job)
    (job.tree / "README.md").write_text("changed\n")
    second = await stored(job)
    kept = await checkpoints.find(job.mirror, JOB)

    assert kept
    assert kept.commit == second != first


async def test_forgetting_is_final_and_may_be_repeated(job: Checkout) -> None:
    await stored(job)
    for _ in range(2):
        await checkpoints.forget(job.mirror, JOB)

    assert await checkpoints.find(job.mirror, JOB) is None


async def test_jobs_are_forgotten_in_every_mirror_and_others_stay(job: Checkout, mirrors: Mirrors) -> None:
    await stored(job)
    words, people = WORDS.replace(JOB, "another"), {"author_name": "JCA", "author_email": "jca@example.org"}
    await checkpoints.keep(job, await job.commit(await job.harvest(), words, **people), "another")
    half_made = mirrors.place("https://git.example/half-made")
    half_made.mkdir()
    await checkpoints.forget_jobs(job.mirror.parent, [JOB, "neverkept"])
    await checkpoints.forget_jobs(job.mirror.parent, [])

    assert half_made.parent == job.mirror.parent
    assert await checkpoints.find(job.mirror, JOB) is None
    assert await checkpoints.find(job.mirror, "another")


async def test_a_ref_that_names_another_job_is_not_believed(job: Checkout) -> None:
    await stored(job, WORDS.replace(JOB, "01j00000000000000000another"))

    assert await checkpoints.find(job.mirror, JOB) is None


@pytest.mark.parametrize("name", ["", "../heads/main", "a/b", "A", "a b", "-d", "a\n", "x" * 65, "a..b", "a.lock"])
async def test_a_job_id_cannot_name_another_ref(job: Checkout, name: str) -> None:
    with pytest.raises(errors.BadInput):
        await checkpoints.forget(job.mirror, name)


async def test_many_jobs_of_one_repository_keep_theirs_at_the_same_time(
    upstream: Upstream, mirrors: Mirrors, tmp_path: Path
) -> None:
    async def one(number: int) -> str:
        job = f"job{number}"
        made = await checkout(await mirrors.sync(upstream.url, "main"), tmp_path / job)
        (made.tree / f"{job}.txt").write_text(f"{job}\n")
        words = WORDS.replace(JOB, job)
        commit = await made.commit(await made.harvest(), words, author_name="JCA", author_email="jca@example.org")
        await checkpoints.keep(made, commit, job)
        return commit

    commits = await asyncio.gather(*map(one, range(4)))
    kept = [await checkpoints.find(mirrors.place(upstream.url), f"job{number}") for number in range(4)]
    assert [found.commit for found in kept if found] == commits


async def test_a_planted_git_directory_is_refused_before_anything_is_kept(job: Checkout) -> None:
    (job.tree / ".git").mkdir()
    (job.tree / ".git/config").write_text("[core]\n\tfsmonitor = touch /tmp/executed\n")

    with pytest.raises(errors.Refused):
        await stored(job)
    assert await checkpoints.find(job.mirror, JOB) is None


@pytest.mark.parametrize("seconds", [0.01, 0.03, 0.05, 0.07, 0.09])
async def test_being_killed_at_any_moment_leaves_what_was_kept_before_or_what_was_to_be(
    job: Checkout, seconds: float
) -> None:
    await stored(job)
    (job.tree / "README.md").write_text("changed\n")
    keeping = asyncio.create_task(stored(job))
    await asyncio.wait({keeping}, timeout=seconds)
    keeping.cancel()
    await asyncio.wait({keeping})
    kept = await checkpoints.find(job.mirror, JOB)

    assert kept
    assert fsck(job.mirror, kept.commit) == ""

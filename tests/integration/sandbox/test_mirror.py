from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from jobs import errors
from tests.integration.sandbox.conftest import Upstream
from worker.sandbox import git
from worker.sandbox.mirror import Mirrors


async def test_a_second_sync_brings_the_new_head(upstream: Upstream, mirrors: Mirrors) -> None:
    first = await mirrors.sync(upstream.url, "main")
    new = upstream.commit({"README.md": "newer\n"})

    second = await mirrors.sync(upstream.url, "main")

    assert second.commit == new != first.commit
    assert second.mirror == first.mirror


async def test_only_the_wanted_branch_is_fetched(upstream: Upstream, mirrors: Mirrors) -> None:
    upstream.git("checkout", "--quiet", "-b", "other")
    other = upstream.commit({"other.txt": "x"})
    upstream.git("tag", "v1")

    snapshot = await mirrors.sync(upstream.url, "main")

    present = await git.Repository(snapshot.mirror).run("cat-file", "-e", other)
    refs = await git.Repository(snapshot.mirror).text("for-each-ref", "--format=%(refname)")
    assert present.code != 0
    assert len(refs.splitlines()) == 1


async def test_a_rewritten_branch_is_followed(upstream: Upstream, mirrors: Mirrors) -> None:
    await mirrors.sync(upstream.url, "main")
    upstream.git("commit", "--quiet", "--amend", "--message", "rewritten")

    assert (await mirrors.sync(upstream.url, "main")).commit == upstream.git("rev-parse", "main")


async def test_a_branch_may_be_replaced_by_a_directory_of_branches(upstream: Upstream, mirrors: Mirrors) -> None:
    upstream.git("branch", "topic")
    await mirrors.sync(upstream.url, "topic")
    upstream.git("branch", "-m", "topic", "topic/one")

    assert (await mirrors.sync(upstream.url, "topic/one")).commit == upstream.git("rev-parse", "main")


async def test_many_at_once_agree(upstream: Upstream, mirrors: Mirrors) -> None:
    snapshots = await asyncio.gather(*(mirrors.sync(upstream.url, "main") for _ in range(6)))

    assert {snapshot.commit for snapshot in snapshots} == {upstream.git("rev-parse", "main")}


@pytest.mark.parametrize("lost", ["HEAD", "config", "refs", "objects"])
async def test_what_a_crash_left_heals(upstream: Upstream, mirrors: Mirrors, lost: str) -> None:
    made = await mirrors.sync(upstream.url, "main")
    part = made.mirror / lost
    shutil.rmtree(part) if part.is_dir() else part.unlink()

    assert await mirrors.sync(upstream.url, "main") == made


async def test_lock_files_of_a_killed_git_do_not_block(upstream: Upstream, mirrors: Mirrors) -> None:
    made = await mirrors.sync(upstream.url, "main")
    upstream.commit({"README.md": "newer\n"})
    for ref in made.mirror.glob("refs/jca/heads/*"):
        ref.with_name(f"{ref.name}.lock").touch()
    for name in ("config.lock", "packed-refs.lock", "HEAD.lock"):
        (made.mirror / name).touch()

    assert (await mirrors.sync(upstream.url, "main")).commit == upstream.git("rev-parse", "main")


async def test_a_cancelled_sync_lets_go_of_the_lock(upstream: Upstream, mirrors: Mirrors) -> None:
    running = asyncio.create_task(mirrors.sync(upstream.url, "main"))
    await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (await mirrors.sync(upstream.url, "main")).commit == upstream.git("rev-parse", "main")


async def test_a_missing_branch_is_named(upstream: Upstream, mirrors: Mirrors) -> None:
    with pytest.raises(errors.NotFound, match="no branch 'nope'"):
        await mirrors.sync(upstream.url, "nope")


async def test_a_missing_repository_is_named(tmp_path: Path, mirrors: Mirrors) -> None:
    with pytest.raises(errors.NotFound, match="no repository at"):
        await mirrors.sync(str(tmp_path / "nowhere"), "main")


async def test_an_unreachable_host_may_answer_later(mirrors: Mirrors) -> None:
    with pytest.raises(errors.TryAgain, match="could not be reached"):
        await mirrors.sync("https://127.0.0.1:9/shop.git", "main")


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c id", "file:///etc", "http://127.0.0.1/x", "--upload-pack=id", "https://u:secret@host/x", "-x", ""],
)
async def test_other_addresses_never_reach_git(mirrors: Mirrors, url: str) -> None:
    with pytest.raises(errors.Refused) as refused:
        await mirrors.sync(url, "main")
    assert "secret" not in str(refused.value)


async def test_a_tree_with_a_git_entry_is_not_taken(upstream: Upstream, mirrors: Mirrors) -> None:
    blob = upstream.git("rev-parse", "HEAD:README.md")
    tree = upstream.path / "evil"
    tree.write_bytes(b"100644 .git\0" + bytes.fromhex(blob))
    made = upstream.git("hash-object", "-w", "-t", "tree", "--literally", str(tree))
    upstream.git("update-ref", "refs/heads/evil", upstream.git("commit-tree", made, "-m", "evil"))

    with pytest.raises(errors.NotReady, match="hasDotgit"):
        await mirrors.sync(upstream.url, "evil")

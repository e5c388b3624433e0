from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from jobs import errors
from tests.integration.sandbox.conftest import Upstream
from worker.sandbox import changes, git
from worker.sandbox.checkout import Changes, Checkout, FileChange, checkout
from worker.sandbox.mirror import Mirrors


async def test_the_tree_is_the_commit_and_nothing_of_git(job: Checkout) -> None:
    names = {path.relative_to(job.tree).as_posix() for path in job.tree.rglob("*")}

    assert names == {"README.md", "src", "src/shop.py"}


async def test_nothing_changed_means_no_files(job: Checkout) -> None:
    harvest = await job.harvest()

    assert harvest.files == ()
    assert harvest.diff == ""


async def test_every_kind_of_change_is_counted(job: Checkout) -> None:
    (job.tree / "README.md").write_text("hello\nworld\n")
    (job.tree / "src/shop.py").unlink()
    (job.tree / "new").mkdir()
    (job.tree / "new/logo.bin").write_bytes(b"\0\1\2")

    harvest = await job.harvest()

    assert harvest.files == (
        FileChange("README.md", "modified", 1, 0),
        FileChange("new/logo.bin", "added", 0, 0),
        FileChange("src/shop.py", "deleted", 0, 1),
    )
    assert "+world" in harvest.diff
    assert "Binary files" in harvest.diff
    assert not harvest.diff_truncated


async def test_a_second_harvest_sees_what_changed_since(job: Checkout) -> None:
    (job.tree / "one.txt").write_text("1\n")
    await job.harvest()
    (job.tree / "one.txt").unlink()
    (job.tree / "two.txt").write_text("2\n")

    assert [change.path for change in (await job.harvest()).files] == ["two.txt"]


async def test_ignored_files_stay_out(job: Checkout) -> None:
    (job.tree / ".gitignore").write_text("build/\n")
    (job.tree / "build").mkdir()
    (job.tree / "build/out.o").write_text("x")

    assert [change.path for change in (await job.harvest()).files] == [".gitignore"]


async def test_a_change_of_equal_size_and_time_is_still_seen(job: Checkout) -> None:
    path = job.tree / "src/shop.py"
    before = path.stat()
    path.write_text("PRICE = 2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert [change.path for change in (await job.harvest()).files] == ["src/shop.py"]


async def test_odd_file_names_survive(job: Checkout) -> None:
    names = [b"line\nbreak", b"\xff\xfe", b"-rf", b":(exclude)x", "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n".encode()]
    for name in names:
        (job.tree / os.fsdecode(name)).write_text("x\n")

    harvest = await job.harvest()
    listed = await git.Repository(job.mirror, objects=job.objects).call("ls-tree", "-z", "--name-only", harvest.tree)

    assert set(names) <= set(listed.stdout.split(b"\0"))
    assert r"\xff\xfe" in {change.path for change in harvest.files}


async def test_a_commit_carries_message_author_and_parent(job: Checkout, upstream: Upstream) -> None:
    (job.tree / "README.md").write_text("bye\n")
    harvest = await job.harvest()

    commit = await job.commit(harvest, "Say bye\n\nJob: 01j\n", author_name="JCA", author_email="jca@example.org")

    shown = await git.Repository(job.mirror, objects=job.objects).text("cat-file", "commit", commit)
    assert f"tree {harvest.tree}\nparent {upstream.git('rev-parse', 'main')}\nauthor JCA <jca@example.org>" in shown
    assert shown.endswith("Say bye\n\nJob: 01j")


async def test_an_author_cannot_forge_a_header(job: Checkout) -> None:
    with pytest.raises(errors.BadInput):
        await job.commit(Changes(), "x", author_name="a\nparent 0", author_email="a@b")


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", ".git ", ".g\u200cit", ".git::$INDEX_ALLOCATION"])
@pytest.mark.parametrize("folder", ["", "src/deep"])
async def test_git_directories_are_refused_anywhere(job: Checkout, name: str, folder: str) -> None:
    (job.tree / folder / name).mkdir(parents=True)

    with pytest.raises(errors.Refused, match="looks like a git directory"):
        await job.harvest()


async def test_a_git_file_that_points_elsewhere_is_refused(job: Checkout, upstream: Upstream) -> None:
    (job.tree / "src/.git").write_text(f"gitdir: {upstream.path}/.git\n")

    with pytest.raises(errors.Refused, match=r"src/\.git"):
        await job.harvest()


async def test_special_files_are_left_out(job: Checkout) -> None:
    os.mkfifo(job.tree / "pipe")
    (job.tree / "README.md").unlink()
    os.mkfifo(job.tree / "README.md")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(job.tree / "s"))
        harvest = await job.harvest()

    assert harvest.files == (FileChange("README.md", "deleted", 0, 1),)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("a", "/etc/passwd"),
        ("a", "../secret"),
        ("src/a", "../../secret"),
        ("src/a", "deep/../../x"),
        ("a", ".git/config"),
        ("a", "src/.GIT/x"),
    ],
)
async def test_links_out_of_the_tree_are_refused(job: Checkout, link: str, target: str) -> None:
    (job.tree / link).symlink_to(target)

    with pytest.raises(errors.Refused, match="symbolic link"):
        await job.harvest()


async def test_links_within_the_tree_are_kept(job: Checkout) -> None:
    (job.tree / "a").symlink_to("README.md")
    (job.tree / "src/b").symlink_to("../README.md")

    assert [change.path for change in (await job.harvest()).files] == ["a", "src/b"]


async def test_submodules_cannot_be_changed(job: Checkout) -> None:
    (job.tree / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::id\n')

    with pytest.raises(errors.Refused, match="submodule"):
        await job.harvest()


def test_a_submodule_entry_is_refused() -> None:
    record = f":000000 160000 {'0' * 40} {'1' * 40} A\0vendor\0" + "0\t0\tvendor\0"
    entries, _ = changes.parse(record.encode())

    with pytest.raises(errors.Refused, match="vendor changes a submodule"):
        changes.refuse_submodules(entries)


async def test_too_many_files_are_refused(job: Checkout) -> None:
    (job.tree / "many").mkdir()
    for number in range(changes.MOST_FILES + 1):
        (job.tree / f"many/{number}").touch()

    with pytest.raises(errors.Refused, match="5,000 files"):
        await job.harvest()


async def test_a_huge_sparse_file_is_refused_before_it_is_stored(job: Checkout) -> None:
    with (job.tree / "huge").open("wb") as file:
        file.truncate(10 * 1024**3)

    with pytest.raises(errors.Refused, match="50 MiB"):
        await job.harvest()
    assert sum(path.stat().st_size for path in job.objects.rglob("*") if path.is_file()) < 1024**2


async def test_the_size_limit_counts_all_harvests_together(job: Checkout) -> None:
    for name in ("one", "two"):
        (job.tree / name).write_bytes(os.urandom(1024) * 30 * 1024)
        if name == "one":
            await job.harvest()

    with pytest.raises(errors.Refused, match="50 MiB"):
        await job.harvest()


async def test_a_tree_deeper_than_git_needs_is_refused_and_removed(job: Checkout) -> None:
    current = os.open(job.tree, os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("d", dir_fd=current)
        below = os.open("d", os.O_RDONLY, dir_fd=current)
        os.close(current)
        current = below
    os.close(current)

    with pytest.raises(errors.Refused, match="directories deep"):
        await job.harvest()
    await job.remove()
    assert not job.tree.exists()


async def test_a_long_diff_is_cut(job: Checkout) -> None:
    (job.tree / "long.txt").write_text("0123456789\n" * 200_000)

    harvest = await job.harvest()

    assert harvest.diff_truncated
    assert len(harvest.diff) == 1024 * 1024


async def test_modes_are_reduced_to_what_git_knows(job: Checkout) -> None:
    (job.tree / "run.sh").write_text("x")
    (job.tree / "run.sh").chmod(0o6777)

    harvest = await job.harvest()

    listed = await git.Repository(job.mirror, objects=job.objects).text("ls-tree", harvest.tree, "run.sh")
    assert listed.startswith("100755 blob")


async def test_removal_does_not_care_about_modes(job: Checkout) -> None:
    (job.tree / "locked/inner").mkdir(parents=True)
    (job.tree / "locked/inner/file").touch()
    (job.tree / "locked/inner").chmod(0)
    (job.tree / "locked").chmod(0)

    await job.remove()
    await job.remove()

    assert not job.tree.parent.exists()


async def test_an_occupied_directory_is_not_touched(upstream: Upstream, mirrors: Mirrors, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()

    with pytest.raises(errors.Conflict):
        await checkout(await mirrors.sync(upstream.url, "main"), tmp_path / "mine")
    assert (tmp_path / "mine/file").exists()


async def test_a_leftover_index_lock_does_not_block(job: Checkout) -> None:
    (job.tree.parent / "index.lock").touch()
    (job.tree / "x").write_text("x")

    assert [change.path for change in (await job.harvest()).files] == ["x"]


async def test_what_commands_leave_behind_is_no_change_unless_the_repository_tracks_it(job: Checkout) -> None:
    for name in ("__pycache__/a.cpython-311.pyc", "node_modules/x/index.js", ".pytest_cache/README.md", "b.pyc"):
        path = job.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("litter")
    (job.tree / "wanted.py").write_text("x = 1\n")

    changes = await job.harvest()

    assert [change.path for change in changes.files] == ["wanted.py"]

from __future__ import annotations

import ctypes
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import errors
from worker.sandbox.files import MOST_NAMES, Files

SECRET = "TOPSECRET"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with every kind of way out of it, beside a secret."""
    tree = tmp_path / "tree"
    (tree / "d/e").mkdir(parents=True)
    (tree / "a.txt").write_text("one\ntwo\nthree\n")
    (tree / "d/f").write_text("inside\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text(SECRET)
    (tree / "abs").symlink_to(outside / "secret")
    (tree / "rel").symlink_to("../outside/secret")
    (tree / "dir").symlink_to(outside)
    (tree / "up").symlink_to("..")
    (tree / "d/root").symlink_to("/proc/self/root")
    (tree / "d/cwd").symlink_to("/proc/self/cwd")
    (tree / "in").symlink_to("d/f")
    os.mkfifo(tree / "fifo")
    return tree


@pytest.fixture
def files(tree: Path) -> Files:
    return Files(tree)


def outside(tree: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (tree.parent / "outside").iterdir()}


def test_a_listing_marks_directories(files: Files) -> None:
    assert files.listing() == ["a.txt", "abs", "d/", "dir", "fifo", "in", "rel", "up"]


def test_a_long_listing_says_what_is_missing(files: Files, tree: Path) -> None:
    for number in range(MOST_NAMES + 5):
        (tree / f"d/e/{number}").touch()

    names = files.listing("d/e")

    assert len(names) == MOST_NAMES + 1
    assert names[-1] == "… and 5 more"


def test_a_link_within_the_tree_is_read(files: Files) -> None:
    assert files.read("in") == "inside\n"


@pytest.mark.parametrize(
    "path",
    ["abs", "rel", "dir/secret", "up/outside/secret", "../outside/secret", "/etc/passwd", "d/../../outside/secret",
     "d/root/etc/passwd", "d/cwd/x", "/proc/self/environ", "/dev/stdin"],
)  # fmt: skip
def test_nothing_outside_is_read(files: Files, path: str) -> None:
    with pytest.raises(errors.BadInput):
        files.read(path)


@pytest.mark.parametrize(
    "path", ["abs", "rel", "dir/new", "up/x", "../x", "/etc/x", "d/../../x", "in", "d/root/x", "fifo", "d", ""]
)
def test_nothing_is_written_through_or_over_anything_but_files(files: Files, tree: Path, path: str) -> None:
    with pytest.raises(errors.BadInput):
        files.write(path, "evil")
    assert outside(tree) == {"secret": SECRET}
    assert (tree / "d/f").read_text() == "inside\n"


@pytest.mark.parametrize(
    "path",
    [".git/config", ".GIT/x", "d/.git", "git~1/x",
     ".git./x", ".git /x", ".g\u200cit/x", ".git::$INDEX_ALLOCATION/x", "a\\.git"],
)  # fmt: skip
def test_git_names_are_not_written(files: Files, path: str) -> None:
    with pytest.raises(errors.BadInput, match="belongs to git"):
        files.write(path, "x")


def test_a_fifo_does_not_hang(files: Files) -> None:
    with pytest.raises(errors.BadInput, match="not a regular file"):
        files.read("fifo")


def test_binary_and_huge_files_are_refused(files: Files, tree: Path) -> None:
    (tree / "nul").write_bytes(b"a\0b")
    (tree / "latin").write_bytes(b"caf\xe9")
    (tree / "big").write_text("x" * 1001)

    for name in ("nul", "latin"):
        with pytest.raises(errors.BadInput, match="binary"):
            files.read(name)
    with pytest.raises(errors.BadInput, match="larger than 1,000 bytes"):
        files.read("big", 1000)


def test_writing_keeps_the_mode_and_makes_directories(files: Files, tree: Path) -> None:
    (tree / "a.txt").chmod(0o4755)
    files.write("a.txt", "new\r\n")
    files.write("x/y/z.txt", "deep")

    assert (tree / "a.txt").read_bytes() == b"new\r\n"
    assert (tree / "a.txt").stat().st_mode & 0o7777 == 0o755
    assert (tree / "x/y/z.txt").stat().st_mode & 0o7777 == 0o644
    assert {path.name for path in tree.glob(".*")} == set()


def test_a_hard_link_keeps_its_content(files: Files, tree: Path) -> None:
    (tree / "linked").hardlink_to(tree.parent / "outside/secret")
    files.write("linked", "new")

    assert outside(tree) == {"secret": SECRET}
    assert (tree / "linked").read_text() == "new"


def test_an_edit_says_its_line(files: Files, tree: Path) -> None:
    assert files.edit("a.txt", "two\n", "2\n") == 2
    assert (tree / "a.txt").read_text() == "one\n2\nthree\n"


def test_an_edit_needs_exactly_one_place(files: Files, tree: Path) -> None:
    (tree / "a.txt").write_text("x = 1\ny\nx = 1\nx = 1\n")

    with pytest.raises(errors.BadInput, match=r"3 times in 'a\.txt', at lines 1, 3, 4"):
        files.edit("a.txt", "x = 1", "x = 2")
    with pytest.raises(errors.BadInput, match="0 times"):
        files.edit("a.txt", "z", "x")
    with pytest.raises(errors.BadInput, match="empty"):
        files.edit("a.txt", "", "x")


def test_an_edit_counts_overlapping_places(files: Files, tree: Path) -> None:
    (tree / "a.txt").write_text("aaa\n")

    with pytest.raises(errors.BadInput, match="2 times"):
        files.edit("a.txt", "aa", "b")


def test_an_edit_that_misses_for_line_ends_says_so(files: Files, tree: Path) -> None:
    (tree / "a.txt").write_bytes(b"one\r\ntwo\r\n")

    with pytest.raises(errors.BadInput, match="end with"):
        files.edit("a.txt", "one\ntwo", "x")


@pytest.mark.parametrize("path", ["a\0b", "\ud800", "x" * 5000, "a.txt/b", "nope"])
def test_impossible_paths_have_a_sentence(files: Files, path: str) -> None:
    with pytest.raises(errors.BadInput):
        files.read(path)
    with pytest.raises(errors.BadInput):
        files.listing(path)


RENAME_EXCHANGE = 2
HERE = -100  # AT_FDCWD


def test_a_swapped_directory_is_never_followed(files: Files, tree: Path) -> None:
    """Directory and link change places all the time: a check before an open would lose this race."""
    (tree / "d/secret").write_text("inside")
    (tree / "link").symlink_to(tree.parent / "outside")
    both = (HERE, os.fsencode(tree / "d"), HERE, os.fsencode(tree / "link"))
    libc = ctypes.CDLL(None)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            libc.renameat2(*both, RENAME_EXCHANGE)

    thread = threading.Thread(target=swap)
    thread.start()
    seen, written, refused = set(), 0, 0
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        try:
            seen.add(files.read("d/secret"))
            files.write("d/new", "w")
            written += 1
        except errors.BadInput:
            refused += 1
    stop.set()
    thread.join()

    assert seen == {"inside"}
    assert written
    assert refused
    assert outside(tree) == {"secret": SECRET}


PIECES = st.sampled_from(
    [
        "..",
        ".",
        "",
        "a.txt",
        "d",
        "e",
        "abs",
        "rel",
        "dir",
        "up",
        "root",
        "cwd",
        "proc",
        "self",
        "secret",
        "outside",
        "/",
        "\0",
        "x",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=7).map("/".join) | st.text(max_size=30))
def test_no_path_leads_out(files: Files, tree: Path, path: str) -> None:
    for attempt in (
        files.read,
        files.listing,
        lambda path: files.write(path, "evil"),
        lambda path: files.edit(path, "T", "evil"),
    ):
        try:
            assert SECRET not in str(attempt(path))
        except errors.BadInput:
            continue
    assert outside(tree) == {"secret": SECRET}
    assert {path.name for path in tree.parent.iterdir()} == {"tree", "outside"}

from __future__ import annotations

import pytest

from jobs import errors
from worker.sandbox.bubblewrap import Sandbox
from worker.sandbox.checkout import Checkout
from worker.sandbox.commands import CommandPolicy
from worker.sandbox.workspace import LONGEST_LINE, Workspace


@pytest.fixture
def workspace(job: Checkout, sandbox: Sandbox) -> Workspace:
    return Workspace(job, sandbox, CommandPolicy(["echo", "sleep"], [("python3", "-m", "unittest")]), timeout=20)


async def test_what_is_written_is_read_back_with_numbers(workspace: Workspace) -> None:
    await workspace.write("notes/today.txt", "a\nb\nc\n")

    assert await workspace.read("notes/today.txt") == "    1\ta\n    2\tb\n    3\tc"
    assert await workspace.read("notes/today.txt", 2, 1) == "    2\tb\n… 1 more lines; continue with start=3"
    assert await workspace.list("notes") == ["today.txt"]


async def test_a_line_beyond_the_end_is_told(workspace: Workspace) -> None:
    with pytest.raises(errors.BadInput, match="has 1 lines"):
        await workspace.read("README.md", 5)


async def test_paths_as_commands_show_them_mean_the_same(workspace: Workspace) -> None:
    assert await workspace.read("/workspace/README.md") == "    1\thello"
    assert await workspace.list("/workspace") == ["README.md", "src/"]
    with pytest.raises(errors.BadInput):
        await workspace.read("/workspace/../outside")


async def test_an_edit_says_where_and_the_diff_shows_it(workspace: Workspace) -> None:
    assert await workspace.edit("src/shop.py", "PRICE = 1", "PRICE = 2") == "Replaced at line 1 of src/shop.py."
    assert "+PRICE = 2" in await workspace.diff()


async def test_a_search_is_literal_and_skips_binary_files(workspace: Workspace, job: Checkout) -> None:
    (job.tree / "odd:1:name").write_text("x\na.*b[ -e\n")
    (job.tree / "image").write_bytes(b"\0a.*b[ -e\n")
    (job.tree / "axxb").write_text("axxb[ -e\n")

    assert await workspace.search("a.*b[ -e") == ["odd:1:name:2: a.*b[ -e"]
    assert await workspace.search("-e", "src") == []


async def test_a_search_in_one_file_says_which(workspace: Workspace) -> None:
    assert await workspace.search("PRICE", "src/shop.py") == ["src/shop.py:1: PRICE = 1"]


async def test_a_search_is_limited(workspace: Workspace, job: Checkout) -> None:
    (job.tree / "many").write_text("needle\n" * 30 + "needle" + "x" * 5000 + "\n")

    hits = await workspace.search("needle", limit=10)
    assert len(hits) == 11
    assert "21 more" in hits[-1]
    assert len((await workspace.search("needlex"))[0]) < LONGEST_LINE + 100


@pytest.mark.parametrize(("text", "path"), [("", "."), ("a\nb", "."), ("x", "nope"), ("x", "../.."), ("x", "/etc")])
async def test_a_search_that_cannot_be_is_told(workspace: Workspace, text: str, path: str) -> None:
    with pytest.raises(errors.BadInput):
        await workspace.search(text, path)


async def test_commands_pass_the_policy_first(workspace: Workspace) -> None:
    assert (await workspace.run(["echo", "hi"])).output == "hi\n"
    with pytest.raises(errors.Refused, match="echo, sleep"):
        await workspace.run(["bash", "-c", "id"])


async def test_a_timeout_can_only_be_shortened(workspace: Workspace) -> None:
    outcome = await workspace.run(["sleep", "60"], 0.3)

    assert outcome.timed_out
    assert outcome.seconds < 6

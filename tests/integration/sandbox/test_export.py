"""What a job may only read: parts of a commit, laid out without its history, and shown to the agent's tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import errors
from tests.integration.sandbox.conftest import Upstream
from worker.sandbox.bubblewrap import Sandbox
from worker.sandbox.checkout import Checkout
from worker.sandbox.commands import CommandPolicy
from worker.sandbox.export import export, kinds
from worker.sandbox.mirror import Mirrors
from worker.sandbox.workspace import Workspace

DOCS = {"guide.md": "Be brief.\n", "adr/1.md": "Brevity.\n", "adr/2.md": "Clarity.\n", "[a]*.md": "odd\n"}


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "context/docs").mkdir(parents=True)
    for name, text in {"guide.md": "Be brief.\n", "long.md": "x\n" * 9}.items():
        (tmp_path / "context/docs" / name).write_text(text)
    (tmp_path / "context/docs/link").symlink_to("/etc/passwd")
    return tmp_path / "context"


@pytest.fixture
def workspace(job: Checkout, context: Path) -> Workspace:
    sandbox = Sandbox(job.tree, context=context)
    return Workspace(job, sandbox, CommandPolicy(["cat", "touch", "bash"], []), context=context)


async def test_a_commit_is_laid_out_whole_and_without_git_data(
    upstream: Upstream, mirrors: Mirrors, tmp_path: Path
) -> None:
    upstream.commit(DOCS)
    await export(await mirrors.sync(upstream.url, "main"), tmp_path / "out/docs")

    laid_out = {str(path.relative_to(tmp_path / "out/docs")) for path in (tmp_path / "out/docs").rglob("*.*")}
    assert laid_out == {"README.md", "src/shop.py", *DOCS}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["docs"]


async def test_only_the_named_parts_are_laid_out_and_names_are_no_patterns(
    upstream: Upstream, mirrors: Mirrors, tmp_path: Path
) -> None:
    upstream.commit(DOCS)
    snapshot = await mirrors.sync(upstream.url, "main")
    await export(snapshot, tmp_path / "out", ["adr", "[a]*.md"])

    assert sorted(path.name for path in (tmp_path / "out").rglob("*.md")) == ["1.md", "2.md", "[a]*.md"]
    with pytest.raises(errors.Conflict):
        await export(snapshot, tmp_path / "out")


async def test_what_a_commit_has_at_a_path_is_told(upstream: Upstream, mirrors: Mirrors) -> None:
    upstream.commit(DOCS)
    snapshot = await mirrors.sync(upstream.url, "main")

    assert await kinds(snapshot, ["guide.md", "adr", "missing", "adr/1.md", "no such file"]) == [
        *("blob", "tree", "", "blob", ""),
    ]
    assert await kinds(snapshot, []) == []


async def test_the_tools_read_what_is_beside_the_checkout(workspace: Workspace) -> None:
    assert await workspace.list("/context") == ["docs/"]
    assert await workspace.read("/context/docs/guide.md") == "    1\tBe brief."
    assert await workspace.search("brief", "/context") == ["/context/docs/guide.md:1: Be brief."]
    assert await workspace.search("brief", "/context/docs/guide.md") == ["/context/docs/guide.md:1: Be brief."]
    assert await workspace.search("brief") == []


async def test_nobody_writes_what_is_beside_the_checkout(workspace: Workspace, context: Path) -> None:
    with pytest.raises(errors.Refused, match="read only"):
        await workspace.write("/context/docs/guide.md", "Ramble.\n")
    with pytest.raises(errors.Refused, match="read only"):
        await workspace.edit("/context/docs/guide.md", "brief", "long")
    touched = await workspace.run(["bash", "-c", "touch /context/docs/new || echo x >> /context/docs/guide.md"])

    assert not touched.passed
    assert sorted(path.name for path in (context / "docs").iterdir()) == ["guide.md", "link", "long.md"]
    assert (context / "docs/guide.md").read_text() == "Be brief.\n"


@pytest.mark.parametrize("path", ["/context/../etc/passwd", "/context/docs/link", "/context/docs/../../job"])
async def test_no_path_leads_out_of_what_is_beside_the_checkout(workspace: Workspace, path: str) -> None:
    with pytest.raises(errors.BadInput):
        await workspace.read(path)


async def test_without_anything_beside_the_checkout_there_is_no_such_place(job: Checkout, sandbox: Sandbox) -> None:
    workspace = Workspace(job, sandbox, CommandPolicy(["ls"], []))

    with pytest.raises(errors.BadInput):
        await workspace.list("/context")
    assert not (await workspace.run(["ls", "/context"])).passed

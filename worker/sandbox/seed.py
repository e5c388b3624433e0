"""A new bare repository with one commit: what the demo works on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from worker.sandbox import git, remote


async def seed(files: Path, repository: Path, *, branch: str, message: str) -> str:
    """Make `repository` with everything below `files` as the first commit of `branch`; returns the commit.

    Raises:
        errors.JcaError: git failed.
    """
    bare = git.Repository(repository.absolute())
    await bare.text("init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}")
    people = {f"GIT_{role}_NAME": "A. Shopkeeper" for role in ("AUTHOR", "COMMITTER")}
    addresses = {f"GIT_{role}_EMAIL": "shopkeeper@example.com" for role in ("AUTHOR", "COMMITTER")}
    work = replace(
        bare,
        work_tree=files.absolute(),
        index=bare.git_dir / "seed.index",
        environment=people | addresses,
    )
    await work.text("add", "--all")
    tree = await work.text("write-tree")
    commit = await work.text("commit-tree", tree, "-m", message)
    await bare.text("update-ref", remote.branch_ref(branch), commit)
    return commit

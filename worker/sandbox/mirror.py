"""Bare mirrors: one trusted copy of every remote repository, shared by all jobs of this worker."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from jobs import errors
from worker.sandbox import git, remote
from worker.sandbox.mirror_lock import Lock, locked


@dataclass(frozen=True)
class Snapshot:
    """A commit of a remote branch that is here now."""

    mirror: Path
    """The bare repository that has it."""
    commit: str


class Mirrors:
    """The mirrors below one directory that belongs to the worker alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def sync(self, url: str, branch: str, credential: git.GitCredential | None = None) -> Snapshot:
        """Bring the head of a remote branch here, fetching only what is missing.

        A mirror that a crash left half made is completed.

        Raises:
            errors.NotFound: there is no such repository, or no such branch in it.
            errors.TryAgain: the remote did not answer.
            errors.NotReady: credential, host key or disk of this worker do not allow it.
            errors.Refused: the address or the branch name is not allowed.
        """
        snapshot = await self.head(url, branch, credential)
        if snapshot is None:
            raise errors.NotFound(
                f"There is no branch {branch!r} in {remote.redact(url)}.",
                remedy="Correct the `base=` of the ticket or the repository's default branch.",
            )
        return snapshot

    async def head(self, url: str, branch: str, credential: git.GitCredential | None = None) -> Snapshot | None:
        """Do what `sync` does; None when the repository has no such branch."""
        ref = remote.branch_ref(branch)
        remote.transport(url)
        mirror = self.place(url)
        # Hashed, so that `a` and `a/b` can follow each other on the remote without blocking each other here.
        commit = await _bring(git.Repository(mirror), url, ref, f"refs/jca/heads/{_digest(branch)}", credential)
        return Snapshot(mirror, commit) if commit else None

    async def default_branch(self, url: str, credential: git.GitCredential | None = None) -> str:
        """Ask a remote for the branch its HEAD names.

        Raises:
            errors.NotFound: there is no such repository, or it has no commit yet.
            errors.JcaError: the remote refused or did not answer; of the kind `remote.failure` says.
        """
        remote.transport(url)
        repository = git.Repository(self.place(url))
        async with locked(repository.git_dir) as lock:
            await _heal(repository, lock)
            arguments = ("ls-remote", "--symref", "--end-of-options", url, "HEAD")
            output = await repository.run(*arguments, url=url, credential=credential)
        if output.code:
            raise remote.failure(output.stderr, url)
        ref, _, _ = output.stdout.decode(errors="replace").partition("\t")
        if not ref.startswith("ref: refs/heads/"):
            raise errors.NotFound(f"{remote.redact(url)} has no branch yet.", remedy="Push a first commit to it.")
        return ref.removeprefix("ref: refs/heads/")

    def place(self, url: str) -> Path:
        """Where the mirror of `url` is, or will be."""
        return self._root.absolute() / f"{_digest(url)}.git"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


async def _bring(
    repository: git.Repository, url: str, ref: str, kept: str, credential: git.GitCredential | None
) -> str | None:
    async with locked(repository.git_dir) as lock:
        await _heal(repository, lock)
        head = await _remote_head(repository, url, ref, credential)
        if head is None or await _resolve(repository, kept) == head:
            return head
        await _fetch(repository, url, f"+{ref}:{kept}", credential)
        return await _resolve(repository, kept)


async def _remote_head(
    repository: git.Repository, url: str, ref: str, credential: git.GitCredential | None
) -> str | None:
    arguments = ("ls-remote", "--quiet", "--exit-code", "--end-of-options", url, ref)
    output = await repository.run(*arguments, url=url, credential=credential)
    if output.code not in {0, 2}:  # 2: the remote answered and has no such ref
        raise remote.failure(output.stderr, url)
    lines = (line.split("\t") for line in output.stdout.decode(errors="replace").splitlines())
    return next((commit for commit, name in lines if name == ref), None)


async def _fetch(repository: git.Repository, url: str, refspec: str, credential: git.GitCredential | None) -> None:
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
    arguments = ("fetch", *options, "--end-of-options", url, refspec)
    output = await repository.run(*arguments, url=url, credential=credential, seconds=git.NETWORK_TIMEOUT)
    if output.code:
        raise remote.failure(output.stderr, url)


async def _resolve(repository: git.Repository, ref: str) -> str | None:
    output = await repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return None if output.code else output.stdout.decode().strip()


async def _heal(repository: git.Repository, lock: Lock) -> None:
    """Make the mirror, or complete what a killed worker left; only under the mirror's lock."""
    await asyncio.to_thread(_remove_leftovers, repository.git_dir, lock)
    if not (repository.git_dir / "HEAD").is_file() or await _is_broken(repository):
        await repository.text("init", "--quiet", "--bare", "--template=", "--initial-branch=none")


async def _is_broken(repository: git.Repository) -> bool:
    return (await repository.run("rev-parse", "--is-bare-repository")).stdout.strip() != b"true"


def _remove_leftovers(mirror: Path, lock: Lock) -> None:
    """Remove what a killed git left, where no other git can be at work."""
    if not lock.undisputed:
        return
    stale = [*mirror.glob("*.lock"), *mirror.glob("refs/**/*.lock"), *mirror.glob("objects/**/tmp_*")]
    for path in stale:
        path.unlink(missing_ok=True)

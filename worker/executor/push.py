"""The one place that writes to a repository: one commit, one branch, only if nobody moved it meanwhile."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from jobs import errors
from worker.sandbox import git, remote
from worker.sandbox.mirror import Mirrors

_MOVED = re.compile(r"stale info|cannot lock ref|already exists|incorrect old value|failed to update ref|fetch first")
_RULE = re.compile(r"^!.*\[remote rejected\] \((.*)\)", re.MULTILINE)


@dataclass(frozen=True)
class Published:
    """What a branch on the remote carries."""

    commit: str
    mirror: Path
    """The bare repository that has it."""
    trailers: dict[str, str]
    """Trailers of its message, such as `Job`; the last of equal names counts."""


async def published(
    url: str,
    branch: str,
    *,
    mirrors: Mirrors,
    credential: git.GitCredential | None = None,
) -> Published | None:
    """Return what `branch` on the remote carries, None when there is no such branch.

    Raises:
        errors.TryAgain: the remote did not answer.
        errors.NotReady: this worker's credential does not allow it.
    """
    head = await mirrors.head(url, branch, credential)
    if head is None:
        return None
    arguments = ("log", "-1", "--format=%(trailers:only=true,unfold=true)", "--end-of-options", head.commit)
    lines = await git.Repository(head.mirror).text(*arguments)
    trailers = dict(line.split(": ", 1) for line in lines.splitlines() if ": " in line)
    return Published(head.commit, head.mirror, trailers)


async def push(
    mirror: Path,
    commit: str,
    url: str,
    branch: str,
    *,
    expected: str | None,
    forbidden: Collection[str] = (),
    credential: git.GitCredential | None = None,
) -> None:
    """Make `branch` on the remote point to a `commit` of `mirror`; repeating it after an uncertain end is fine.

    `expected` is the commit the branch must have there, None when it must not exist; `forbidden` are branches that are
    never written, the default branch first of all.

    Raises:
        errors.Conflict: the branch is not at `expected`.
        errors.Refused: the branch is forbidden, here or by a rule of the remote.
        errors.TryAgain: the remote did not answer; whether it took the commit is open.
        errors.NotReady: this worker's credential does not allow it.
    """
    if branch in forbidden:
        raise errors.Refused(
            f"{branch!r} may not be written by a job.", remedy="Changes reach it by pull request only."
        )
    arguments = _arguments(url, commit, remote.branch_ref(branch), expected)
    output = await git.Repository(mirror).run(*arguments, url=url, credential=credential, seconds=git.NETWORK_TIMEOUT)
    if output.code:
        raise _rejection(output, url, branch)


def _arguments(url: str, commit: str, ref: str, expected: str | None) -> tuple[str, ...]:
    lease = f"--force-with-lease={ref}:{expected or ''}"
    return ("push", "--porcelain", "--no-verify", "--no-follow-tags", lease, "--end-of-options", url, f"{commit}:{ref}")


def _rejection(output: git.Output, url: str, branch: str) -> errors.JcaError:
    report = output.stdout.decode(errors="replace")
    if _MOVED.search(report):
        return errors.Conflict(f"Somebody else moved {branch!r} in {remote.redact(url)} meanwhile. Nothing was pushed.")
    if rule := _RULE.search(report):
        return errors.Refused(
            f"{remote.redact(url)} does not accept a push to {branch!r}: {rule[1]}.",
            remedy="Look at the branch rules and hooks of the repository.",
        )
    return remote.failure(output.stderr, url)

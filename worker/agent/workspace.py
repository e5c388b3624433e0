"""What the agent can do to a checkout. The sandbox implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jobs.results import CommandOutcome


class Workspace(Protocol):
    """A checkout the agent works in. Paths are relative to its root and use `/`.

    Every method raises `errors.BadInput` for what the agent can correct itself (no such file, text not unique) and
    `errors.Refused` for what it may not do; both come with a message written for the agent.
    """

    async def list(self, path: str) -> Sequence[str]:
        """Name what is in a directory, directories with a trailing `/`."""

    async def search(self, text: str, path: str, limit: int) -> Sequence[str]:
        """Find lines that contain `text`, as `path:line: content`, at most `limit` of them."""

    async def read(self, path: str, start: int, lines: int) -> str:
        """Return up to `lines` lines of a file from line `start`, counted from 1, each with its number in front."""

    async def write(self, path: str, content: str) -> None:
        """Create or replace a file, and the directories it needs."""

    async def edit(self, path: str, old: str, new: str) -> str:
        """Replace the only occurrence of `old` by `new`; returns what to tell the agent."""

    async def run(self, argv: Sequence[str], timeout: float) -> CommandOutcome:  # noqa: ASYNC109 - it stops the command, not the wait
        """Run a program without a shell for at most `timeout` seconds."""

    async def diff(self) -> str:
        """Everything changed so far, as a unified diff."""

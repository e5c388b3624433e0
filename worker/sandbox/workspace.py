"""What an agent can do: read, search and write files, run commands, look at its changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from jobs import errors, results
from worker.sandbox.bubblewrap import Sandbox
from worker.sandbox.checkout import Checkout
from worker.sandbox.commands import CommandPolicy
from worker.sandbox.files import Files
from worker.sandbox.walls import CONTEXT, WORKSPACE

LONGEST_LINE = 1_000  # characters shown of one line
_SEARCH_TIMEOUT = 60.0  # seconds
_GREP = ("grep", "-rnHFIZ", "--devices=skip", "--no-messages", "-e")


class Workspace:
    """The tools' side of one checkout.

    Paths are relative to its root; `/workspace/…`, as commands see it, is the same. `/context/…` can only be read.
    Every method raises `errors.BadInput` or `errors.Refused` with a sentence for the model, and lets `errors.NotReady`
    pass when the sandbox of this machine broke, which no model can repair.
    """

    def __init__(
        self,
        checkout: Checkout,
        sandbox: Sandbox,
        policy: CommandPolicy,
        *,
        context: Path | None = None,
        timeout: float = 600,
    ) -> None:
        """Tie the parts of one job together.

        Args:
            checkout: whose tree is worked on.
            sandbox: runs commands on that tree.
            policy: says which.
            context: what can only be read, as `/context/…`; the sandbox shows the same.
            timeout: seconds a command may take at most.
        """
        self._checkout = checkout
        self._files = Files(checkout.tree)
        self._context = Files(context) if context else None
        self._sandbox = sandbox
        self._policy = policy
        self._timeout = timeout

    async def list(self, path: str = ".") -> list[str]:
        """Return the names in a directory; those of directories end with `/`."""
        files, where = self._place(path)
        return await asyncio.to_thread(files.listing, where)

    async def search(self, text: str, path: str = ".", limit: int = 100) -> Sequence[str]:
        """Return lines `path:line: text` of files that hold `text` literally; binary files are skipped."""
        if not text or set(text) & set("\0\r\n") or len(text) > LONGEST_LINE:
            raise errors.BadInput(f"Search for one line of 1 to {LONGEST_LINE} characters.")
        files, where = self._place(path)
        await asyncio.to_thread(files.exists, where)
        inside = where if files is self._files else f"{CONTEXT}/{where}".removesuffix("/.")
        outcome = await self._sandbox.run([*_GREP, text, "--", inside], timeout=_SEARCH_TIMEOUT)
        if outcome.timed_out:
            raise errors.BadInput("The search took too long. Give a narrower path.")
        return _hits(outcome.output, limit)

    async def read(self, path: str, start: int = 1, lines: int = 400) -> str:
        """Return up to `lines` lines from line `start` on, each with its number in front."""
        files, where = self._place(path)
        text = await asyncio.to_thread(files.read, where)
        every = text.splitlines() if "\n" not in text else text.removesuffix("\n").split("\n")
        if not 1 <= start <= max(1, len(every)) or lines < 1:
            raise errors.BadInput(f"{path!r} has {len(every)} lines; start with one of them.")
        shown = every[start - 1 : start - 1 + lines]
        numbered = [f"{number:>5}\t{_cut(line)}" for number, line in enumerate(shown, start)]
        last = start + len(shown) - 1
        if last < len(every):
            numbered.append(f"… {len(every) - last} more lines; continue with start={last + 1}")
        return "\n".join(numbered)

    async def write(self, path: str, content: str) -> None:
        """Put `content` in place of a file, or make the file and its directories."""
        await asyncio.to_thread(self._files.write, self._writable(path), content)

    async def edit(self, path: str, old: str, new: str) -> str:
        """Replace the one place where `old` stands and say where that was."""
        line = await asyncio.to_thread(self._files.edit, self._writable(path), old, new)
        return f"Replaced at line {line} of {path}."

    async def run(self, argv: Sequence[str], timeout: float | None = None) -> results.CommandOutcome:  # noqa: ASYNC109 - see Sandbox.run
        """Run a command of the policy in the sandbox; `timeout` can only shorten the configured one."""
        self._policy.check(argv)
        if timeout is not None and timeout <= 0:
            raise errors.BadInput("A timeout is a number of seconds above 0.")
        return await self._sandbox.run(argv, timeout=min(timeout or self._timeout, self._timeout))

    async def diff(self) -> str:
        """Return the unified diff of everything changed so far."""
        return (await self._checkout.harvest()).diff

    def _place(self, path: str) -> tuple[Files, str]:
        """The files a path belongs to, and where it is among them."""
        beside = _below(CONTEXT, path) if self._context else None
        if self._context and beside:
            return self._context, beside
        return self._files, _below(WORKSPACE, path) or path

    def _writable(self, path: str) -> str:
        files, where = self._place(path)
        if files is not self._files:
            raise errors.Refused(f"{path!r} is there to be read only; the change goes into the checkout.")
        return where


def _below(root: str, path: str) -> str | None:
    """The path as seen from a root; None where it does not begin there."""
    return path.removeprefix(root).lstrip("/") or "." if re.match(rf"{root}(/|\Z)", path) else None


def _hits(output: str, limit: int) -> list[str]:
    # With -Z, a NUL ends the file name: no name can look like a line number.
    found = [re.fullmatch(r"(?:\./)?([^\0]*)\0(\d+):(.*)", line) for line in output.split("\n")]
    hits = [f"{hit[1]}:{hit[2]}: {_cut(hit[3])}" for hit in found if hit]
    more = len(hits) - limit
    return hits if more <= 0 else [*hits[:limit], f"… and {more} more; search for something rarer"]


def _cut(line: str) -> str:
    more = len(line) - LONGEST_LINE
    return line if more <= 0 else f"{line[:LONGEST_LINE]}… ({more} more characters)"

"""A workspace over a plain directory, and a listener that remembers: what a run of the agent needs around it."""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jobs import errors
from jobs.results import CommandOutcome, Usage


class DirectoryWorkspace:
    """Works on a real directory and runs real programs; refuses those it was not told to allow."""

    def __init__(self, root: Path, allowed: Sequence[str] = ("python3",)) -> None:
        self._root = root
        self._allowed = allowed
        self._before = self._texts()

    async def list(self, path: str) -> Sequence[str]:
        return sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in self._inside(path).iterdir())

    async def search(self, text: str, path: str, limit: int) -> Sequence[str]:
        self._inside(path)
        hits = [
            f"{name}:{number}: {line}"
            for name, content in self._texts().items()
            for number, line in enumerate(content.splitlines(), 1)
            if text in line
        ]
        return hits[:limit]

    async def read(self, path: str, start: int, lines: int) -> str:
        shown = self._text(path).splitlines()[start - 1 : start - 1 + lines]
        return "\n".join(f"{number:>5}\t{line}" for number, line in enumerate(shown, start))

    async def write(self, path: str, content: str) -> None:
        target = self._inside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    async def edit(self, path: str, old: str, new: str) -> str:
        content = self._text(path)
        if content.count(old) != 1:
            raise errors.BadInput(f"The text occurs {content.count(old)} times in {path}, not once.")
        self._inside(path).write_text(content.replace(old, new))
        return f"Replaced in {path}."

    async def run(self, argv: Sequence[str], timeout: float) -> CommandOutcome:  # noqa: ASYNC109 - the protocol's
        if not argv or argv[0] not in self._allowed:
            raise errors.Refused(f"{argv[:1]} is not among the commands of this task.")
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=self._root, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), timeout)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        seconds = time.monotonic() - started
        return CommandOutcome(argv=tuple(argv), exit_code=process.returncode, seconds=seconds, output=output.decode())

    async def diff(self) -> str:
        now = self._texts()
        changed = sorted(name for name in now if now[name] != self._before.get(name))
        return "".join(
            line
            for name in changed
            for line in difflib.unified_diff(
                self._before.get(name, "").splitlines(keepends=True), now[name].splitlines(keepends=True), name, name
            )
        )

    def _inside(self, path: str) -> Path:
        target = (self._root / path).resolve()
        if not target.is_relative_to(self._root.resolve()):
            raise errors.Refused(f"{path} is outside the checkout.")
        if not target.exists() and not target.parent.exists():
            raise errors.BadInput(f"There is no {path}.")
        return target

    def _text(self, path: str) -> str:
        target = self._inside(path)
        if not target.is_file():
            raise errors.BadInput(f"There is no file {path}.")
        return target.read_text()

    def _texts(self) -> dict[str, str]:
        return {str(file.relative_to(self._root)): file.read_text() for file in sorted(self._root.rglob("*.py"))}


@dataclass
class Recorder:
    """A listener that keeps what it was told."""

    notes: list[tuple[str, str]] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)

    async def note(self, kind: str, text: str) -> None:
        self.notes.append((kind, text))

    async def usage(self, usage: Usage) -> None:
        self.usages.append(usage)

    def of(self, kind: str) -> list[str]:
        """The notes of one kind."""
        return [text for noted, text in self.notes if noted == kind]

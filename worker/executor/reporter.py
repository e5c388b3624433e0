"""What a run says, on its way to the record: state through the event stream, words through the live log.

A run does not wait for Redis: what it says is sent in order in the background and kept while Redis is away. Only the
end of the run waits until everything was taken.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from jobs import errors
from jobs.events import LONGEST_TEXT, Events, Logs, NewLine
from jobs.order import WorkOrder
from jobs.results import Usage
from jobs.run_result import RunResult

if TYPE_CHECKING:
    from jobs.ledger.runs import StageState

BACKLOG = 10_000  # words kept while Redis is away; a run that says more waits
RETRY = 0.5  # seconds between tries
MOST_LINES = 50_000  # of live output of one run
MOST_BYTES = 20_000_000  # of the same in UTF-8

Word = Callable[[], Awaitable[object]]


class Reporter:
    """The event sink of one claim. Its words carry the claim's token, so that a fenced run is not believed."""

    def __init__(
        self,
        events: Events,
        logs: Logs,
        order: WorkOrder,
        token: str,
        *,
        lines: int = MOST_LINES,
        size: int = MOST_BYTES,
    ) -> None:
        """Report on one claim.

        Args:
            events: takes what is to be recorded.
            logs: take the live output.
            order: what is run.
            token: of the claim.
            lines: of live output at most; stages and the result are said beyond it.
            size: bytes of the same at most, in UTF-8.
        """
        self._events, self._logs, self._order, self._token = events, logs, order, token
        self._stage = ""
        self._lines_left, self._bytes_left = lines, size
        self._capped = False
        self._cap = f"{lines:,} lines or {size / 1_000_000:g} MB"
        self._words: asyncio.Queue[Word] = asyncio.Queue(BACKLOG)

    async def __aenter__(self) -> Self:
        self._sending = asyncio.create_task(self._send())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self._words.join()
        finally:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending

    async def stage(self, name: str, state: StageState, detail: str = "") -> None:
        """A stage began or ended."""
        self._stage = name
        await self._tell("stage", {"name": name, "state": state, "detail": detail})
        if state == "running":
            await self._say("stage", [name])
        elif detail:
            await self._say("error" if state == "failed" else "note", detail.splitlines())

    async def note(self, kind: str, text: str) -> None:
        """One or more lines of live output, up to the cap of a run."""
        lines = text.splitlines()
        fitting = self._fitting(lines)
        await self._say(kind, lines[:fitting])
        if fitting < len(lines) and not self._capped:
            self._capped = True
            await self._say("note", [f"… output is capped at {self._cap} per run; what follows is not shown"])

    async def usage(self, usage: Usage) -> None:
        """What was spent so far."""
        await self._tell("usage", {"usage": usage.model_dump(mode="json")})

    async def result(self, result: RunResult) -> None:
        """How the run ended; said before the job is let go, with the order in case the ledger has lost the run."""
        await self._say("note" if result.outcome == "published" else "error", str(result.reason).splitlines())
        told: dict[str, object] = {
            "result": result.model_dump(mode="json"),
            "order": self._order.model_dump(mode="json"),
        }
        await self._tell("result", told)

    async def parked(self, result: RunResult) -> None:
        """That the run cannot go on before its provider account has rested; said before the job is put back."""
        await self._say("note", str(result.reason).splitlines())
        await self._tell("parked", {"account": self._order.account, "result": result.model_dump(mode="json")})

    def _fitting(self, lines: list[str]) -> int:
        """How many of these lines are still within the cap of the run; they count as said."""
        if self._capped:
            return 0
        for number, line in enumerate(lines):
            self._lines_left -= 1
            self._bytes_left -= min(len(line.encode(errors="replace")), LONGEST_TEXT)
            if self._lines_left < 0 or self._bytes_left < 0:
                return number
        return len(lines)

    async def _say(self, kind: str, texts: list[str]) -> None:
        lines = [NewLine(run=self._order.run, stage=self._stage, kind=kind, text=text) for text in texts]
        if lines:
            await self._words.put(lambda: self._logs.append(self._order.job, lines))

    async def _tell(self, kind: str, data: dict[str, object]) -> None:
        signed = {**data, "token": self._token}
        await self._words.put(lambda: self._events.report(self._order.dispatch_id, kind, signed))

    async def _send(self) -> None:
        while True:
            await deliver(await self._words.get())
            self._words.task_done()


async def deliver(word: Word) -> None:
    """Say a word, again and again while Redis is away."""
    while True:
        try:
            await word()
        except errors.TryAgain:
            await asyncio.sleep(RETRY)
        else:
            return

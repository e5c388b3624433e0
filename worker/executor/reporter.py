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
from jobs.events import Events, Logs, NewLine
from jobs.order import WorkOrder
from jobs.results import Usage
from jobs.run_result import RunResult

if TYPE_CHECKING:
    from jobs.ledger.runs import StageState

BACKLOG = 10_000  # words kept while Redis is away; a run that says more waits
RETRY = 0.5  # seconds between tries

Word = Callable[[], Awaitable[None]]


class Reporter:
    """The event sink of one claim. Its words carry the claim's token, so that a fenced run is not believed."""

    def __init__(self, events: Events, logs: Logs, order: WorkOrder, token: str) -> None:
        self._events, self._logs, self._order, self._token = events, logs, order, token
        self._stage = ""
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
            await self.note("stage", name)
        elif detail:
            await self.note("error" if state == "failed" else "note", detail)

    async def note(self, kind: str, text: str) -> None:
        """One or more lines of live output."""
        lines = [NewLine(run=self._order.run, stage=self._stage, kind=kind, text=line) for line in text.splitlines()]
        if lines:
            await self._words.put(lambda: self._logs.append(self._order.job, lines))

    async def usage(self, usage: Usage) -> None:
        """What was spent so far."""
        await self._tell("usage", {"usage": usage.model_dump(mode="json")})

    async def result(self, result: RunResult) -> None:
        """How the run ended; said before the job is let go."""
        await self.note("note" if result.outcome == "published" else "error", str(result.reason))
        await self._tell("result", {"result": result.model_dump(mode="json")})

    async def _tell(self, kind: str, data: dict[str, object]) -> None:
        signed = {**data, "token": self._token}
        await self._words.put(lambda: self._events.report(self._order.dispatch_id, kind, signed))

    async def _send(self) -> None:
        while True:
            await _deliver(await self._words.get())
            self._words.task_done()


async def _deliver(word: Word) -> None:
    while True:
        try:
            return await word()
        except errors.TryAgain:
            await asyncio.sleep(RETRY)

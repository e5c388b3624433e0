"""What a run says, on its way to the record: state through the event stream, words through the live log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.events import Events, Logs, NewLine
from jobs.order import WorkOrder
from jobs.results import Usage
from jobs.run_result import RunResult

if TYPE_CHECKING:
    from jobs.ledger.runs import StageState


class Reporter:
    """The event sink of one claim. Its words carry the claim's token, so that a fenced run is not believed."""

    def __init__(self, events: Events, logs: Logs, order: WorkOrder, token: str) -> None:
        self._events, self._logs, self._order, self._token = events, logs, order, token
        self._stage = ""

    async def stage(self, name: str, state: StageState, detail: str = "") -> None:
        """A stage began or ended."""
        self._stage = name
        await self._tell("stage", {"name": name, "state": state, "detail": detail})
        if state == "running" or detail:
            await self.note("stage" if state == "running" else "error" if state == "failed" else "note", detail or name)

    async def note(self, kind: str, text: str) -> None:
        """One or more lines of live output."""
        lines = [NewLine(run=self._order.run, stage=self._stage, kind=kind, text=line) for line in text.splitlines()]
        await self._logs.append(self._order.job, lines)

    async def usage(self, usage: Usage) -> None:
        """What was spent so far."""
        await self._tell("usage", {"usage": usage.model_dump(mode="json")})

    async def result(self, result: RunResult) -> None:
        """How the run ended; said before the job is let go."""
        kind = "note" if result.outcome == "published" else "error"
        await self.note(kind, str(result.reason))
        await self._tell("result", {"result": result.model_dump(mode="json")})

    async def _tell(self, kind: str, data: dict[str, object]) -> None:
        await self._events.report(self._order.dispatch_id, kind, {**data, "token": self._token})

"""The run's side of the agent: building its model, taking a turn, keeping count."""

from __future__ import annotations

from jobs import errors, redact
from jobs.reasons import Code
from jobs.results import Usage
from worker.agent.budget import Budget
from worker.agent.loop import Conversation, run_agent
from worker.agent.prices import price_of
from worker.agent.task import Task
from worker.agent.trajectory import Trajectory
from worker.executor.work import Work


async def begin(work: Work) -> Conversation:
    """Get the provider's key for this run and open a conversation with its model."""
    order = work.order
    try:
        profile = await work.desk.credentials.provider(order.provider)
    except errors.JcaError as error:
        raise errors.RunStopped(Code.PROVIDER_NOT_READY, error.message, remedy=error.remedy) from error
    model = work.desk.build_model(profile, order.model, order.effort)
    budget = Budget(order.limits, price_of(profile, order.model))
    context = profile.model(order.model)
    trajectory = Trajectory(work.desk.trajectory)
    return Conversation(model, budget, trajectory, context_limit=context.context_limit if context else 128_000)


async def take_turn(work: Work, task: Task) -> None:
    """Let the agent work on a task until it finishes."""
    if work.conversation is None or work.workspace is None:
        raise errors.JcaError
    outcome = await run_agent(task, work.workspace, work.conversation, Listener(work))
    work.summary, work.usage = outcome.summary, outcome.usage


class Listener:
    """Passes what the agent does on to the record, without secrets."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def note(self, kind: str, text: str) -> None:
        """A line of live output."""
        await self._work.desk.sink.note(kind, redact.redact(text))

    async def usage(self, usage: Usage) -> None:
        """What was spent so far."""
        self._work.usage = usage
        await self._work.desk.sink.usage(usage)

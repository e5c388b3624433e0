"""The loop: ask the model, do what it calls for, until it finishes or a limit says so."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass

from pydantic_ai import Agent, RunContext, ToolOutput, UsageLimits
from pydantic_ai.capabilities import ProcessHistory
from pydantic_ai.exceptions import UnexpectedModelBehavior
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.run import AgentRun
from pydantic_graph import End

from jobs import errors, redact
from jobs.reasons import Code
from jobs.results import Usage
from worker.agent import answers, briefing, compaction, narration
from worker.agent.conversation import Conversation
from worker.agent.listener import Listener
from worker.agent.task import Task
from worker.agent.tools import Bench, Result, tools
from worker.agent.workspace import Workspace

__all__ = ["Conversation", "Listener", "Outcome", "Task", "run_agent"]

WRONG_CALLS = 4  # in a row that one tool forgives: an unknown name, arguments that do not fit
NO_LIMITS = UsageLimits(request_limit=None)  # the budget counts, and fails closed


@dataclass(frozen=True)
class Outcome:
    """What the agent says came of it: a claim, for the host to judge."""

    summary: str
    done: bool
    notes: str
    usage: Usage
    """Of the whole conversation so far."""


async def run_agent(task: Task, workspace: Workspace, conversation: Conversation, listener: Listener) -> Outcome:
    """Work on a task until the model calls `finish`. A task that asks for a repair continues the conversation.

    Raises:
        errors.RunStopped: the model failed or a limit was reached; the code says which.
    """
    budget = conversation.budget
    budget.check()
    try:
        async with asyncio.timeout(budget.seconds_left) as clock:
            result = await _Turns(conversation, listener).take(task, workspace)
    except TimeoutError as error:
        if clock.expired():
            raise budget.out_of_time() from error
        raise
    return Outcome(summary=result.summary, done=result.done, notes=result.notes, usage=budget.usage)


class _Turns:
    """The turns between one task and its result."""

    def __init__(self, conversation: Conversation, listener: Listener) -> None:
        self._conversation = conversation
        self._listener = listener
        self._judge = answers.Judge()

    async def take(self, task: Task, workspace: Workspace) -> Result:
        """Go on until the result."""
        talk = self._conversation
        async with (
            talk.model,
            coding_agent().iter(
                briefing.briefing(task),
                model=talk.model,
                deps=Bench(workspace, talk.context_limit),
                message_history=talk.messages,
                usage_limits=NO_LIMITS,
            ) as run,
        ):
            try:
                return await self._until_result(run)
            except UnexpectedModelBehavior as error:
                sentence = f"The model's calls could not be used: {redact.redact(error.message)[: answers.WORDS_CAP]}"
                raise errors.RunStopped(Code.BAD_ANSWER, sentence) from error
            finally:
                talk.keep(run.all_messages())

    async def _until_result(self, run: AgentRun[Bench, Result]) -> Result:
        node = run.next_node
        while not isinstance(node, End):
            if Agent.is_model_request_node(node):
                self._conversation.budget.check()
            if Agent.is_call_tools_node(node):
                await self._account(node.model_response, run.all_messages())
                async with node.stream(run.ctx) as events:
                    async for event in events:
                        await narration.tell(event, self._listener)
            node = await run.next(node)
            self._conversation.keep(run.all_messages())
        return node.data.output

    async def _account(self, response: ModelResponse, messages: list[ModelMessage]) -> None:
        """Count an answer, tell what it says, and stop where it is one that leads nowhere."""
        budget = self._conversation.budget
        try:
            budget.spend(answers.usage_of(response, messages[:-1]))
        finally:
            await self._listener.usage(budget.usage)
        if words := answers.said(response):
            await self._listener.note("agent", redact.redact(words))
        self._judge.check(response)


@functools.cache
def coding_agent() -> Agent[Bench, Result]:
    """The agent with its tools, built once per process: making the schemas takes tens of milliseconds."""
    return Agent(
        deps_type=Bench,
        output_type=ToolOutput(Result, name="finish", max_retries=WRONG_CALLS),
        instructions=briefing.instructions(),
        tools=tools(),
        retries={"tools": WRONG_CALLS, "output": 1_000},  # answers without a call are counted by the judge
        capabilities=[ProcessHistory(_make_room)],
    )


async def _make_room(ctx: RunContext[Bench], messages: list[ModelMessage]) -> list[ModelMessage]:
    return compaction.compact(messages, ctx.deps.context_limit)

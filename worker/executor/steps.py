"""The steps of a run, in the order `run_job` takes them."""

from __future__ import annotations

import shlex

from jobs import errors
from jobs.reasons import Code
from jobs.repository import ValidationMode
from jobs.results import CommandOutcome
from worker.executor import guidance, keeping
from worker.executor.stage import stage
from worker.executor.work import Work
from worker.sandbox.bubblewrap import Sandbox
from worker.sandbox.checkout import checkout
from worker.sandbox.commands import CommandPolicy
from worker.sandbox.workspace import Workspace

OUTPUT_TAIL = 16_000  # characters of a command's output that are kept as evidence


async def prepare_checkout(work: Work) -> None:
    """Fetch the repository into its mirror and check the base branch out, for this run alone."""
    repository = work.order.repository
    async with stage(work, "checkout"):
        try:
            snapshot = await work.desk.mirrors.sync(repository.url, work.order.base_branch, await work.git(repository))
            work.checkout = await checkout(snapshot, work.desk.directory / "checkout")
            work.base = work.checkout.base
            work.rules, missing = guidance.rules(work.checkout, repository)
            await keeping.carry_on(work, work.checkout)
        except errors.LostLease:
            raise
        except errors.JcaError as error:
            raise errors.RunStopped(Code.CHECKOUT_FAILED, error.message, remedy=error.remedy) from error
        await work.note("note", f"{repository.alias}: {work.order.base_branch} at {work.base[:12]}")
        for sentence in missing:
            await work.note("note", sentence)


def open_sandbox(work: Work) -> None:
    """Put walls around what the run works on; the agent alone sees the context, which no other machine would have."""
    if work.checkout is None:
        raise errors.JcaError
    repository = work.order.repository
    policy = CommandPolicy(repository.allowed_commands, repository.validation_commands)
    tree, runtimes, context = work.checkout.tree, work.desk.runtimes, work.context
    work.sandbox = Sandbox(tree, runtimes=runtimes)
    seen = Sandbox(tree, runtimes=runtimes, context=context)
    work.workspace = Workspace(work.checkout, seen, policy, context=context, timeout=repository.command_timeout)


async def set_up(work: Work) -> None:
    """Run the repository's setup commands, where it has any."""
    repository = work.order.repository
    if not repository.setup_commands:
        return
    async with stage(work, "setup"):
        for argv in repository.setup_commands:
            outcome = await _run(work, argv)
            if not outcome.passed:
                sentence = f"The setup command `{shlex.join(argv)}` failed with exit code {outcome.exit_code}."
                remedy = "Correct it in the repository's settings, then retry the job."
                raise errors.RunStopped(Code.VALIDATION_FAILED, sentence, remedy=remedy)


async def run_agent(work: Work) -> None:
    """Let the agent work until it says it is done, or a limit says so."""
    from worker.executor import agency  # noqa: PLC0415 - the model libraries take a second to import

    async with stage(work, "agent"):
        work.conversation = await agency.begin(work)
        await agency.take_turn(work, guidance.first_task(work))
        await keeping.collect(work)


async def repair(work: Work) -> None:
    """Show the failing output to the agent and let it try again."""
    from worker.executor import agency  # noqa: PLC0415 - see run_agent

    work.repairs += 1
    failing = next(outcome for outcome in work.validation if not outcome.passed)
    async with stage(work, f"repair {work.repairs}"):
        await agency.take_turn(work, guidance.repair_task(work, failing))
        await keeping.collect(work)


async def validate_changes(work: Work) -> None:
    """Run the validation commands exactly as configured, by the host, in the sandbox, until one fails."""
    repository = work.order.repository
    work.validation = ()
    if repository.validation_mode is ValidationMode.OFF or not work.changes.files:
        return
    name = f"validate {work.repairs + 1}" if work.repairs else "validate"
    async with stage(work, name):
        for argv in repository.validation_commands:
            outcome = await _run(work, argv)
            work.validation += (outcome,)
            if not outcome.passed:
                await work.desk.sink.stage(name, "failed", f"exit code {outcome.exit_code}")
                break
        await keeping.collect(work)


async def _run(work: Work, argv: tuple[str, ...]) -> CommandOutcome:
    if work.sandbox is None:
        raise errors.JcaError
    await work.note("tool", f"$ {shlex.join(argv)}")
    outcome = await work.sandbox.run(argv, timeout=work.order.repository.command_timeout)
    await work.note("output", outcome.output[-OUTPUT_TAIL:])
    await work.note("note", f"exit code {outcome.exit_code} after {outcome.seconds:.1f} s")
    return outcome.model_copy(update={"output": work.clean(outcome.output[-OUTPUT_TAIL:])})

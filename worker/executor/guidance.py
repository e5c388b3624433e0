"""What the agent is told: the ticket, the repository's own rules and, in a repair, the failing output."""

from __future__ import annotations

import shlex

from jobs import errors
from jobs.guidance import FILES, LIMIT
from jobs.repository import Repository
from jobs.results import CommandOutcome
from worker.agent.task import Task
from worker.executor.work import Work
from worker.sandbox.checkout import Checkout
from worker.sandbox.files import Files


def first_task(work: Work) -> Task:
    """The task a run begins with."""
    order = work.order
    return Task(
        ticket_key=order.ticket.key,
        title=order.ticket.title,
        body=order.ticket.body,
        inline_context=order.inline_context,
        references=work.references,
        rules=work.rules,
        validation_commands=order.repository.validation_commands,
        allowed_commands=order.repository.allowed_commands,
        carried=work.carried,
    )


def repair_task(work: Work, failing: CommandOutcome) -> Task:
    """The same task with the output that has to go away."""
    ending = "was stopped at its time limit" if failing.timed_out else f"exit code {failing.exit_code}"
    report = f"$ {shlex.join(failing.argv)}\n{failing.output}\n({ending})"
    return first_task(work).model_copy(update={"repair": report, "rules": ""})


def rules(checkout: Checkout, repository: Repository) -> tuple[str, list[str]]:
    """The rules in a tree that no agent has changed yet; and, as sentences, which configured ones are not there."""
    files, found, missing = Files(checkout.tree), [], []
    for name in repository.guidance_files or FILES:
        try:
            found.append(f"{name}:\n{files.read(name)[:LIMIT]}")
        except errors.JcaError as error:
            missing.append(f"A guidance file of {repository.alias} is not read: {error.message}")
    return "\n\n".join(found), missing if repository.guidance_files else []

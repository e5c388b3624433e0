"""The host's verdict: from the tree, the diff and its own validation run. What the agent says is a claim."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.reasons import Code, Reason, because
from jobs.repository import Repository, ValidationMode
from jobs.results import CommandOutcome
from worker.sandbox.checkout import Changes


@dataclass(frozen=True)
class Verdict:
    """Whether the change may be published, and why."""

    publish: bool
    reason: Reason


def judge(
    repository: Repository,
    changes: Changes,
    validation: Sequence[CommandOutcome],
    *,
    gave_up: str | None = None,
) -> Verdict:
    """Decide from evidence. Of the agent's words only one counts, and only against it: that it could not do it.

    Args:
        repository: says what validation means here.
        changes: what the host found changed.
        validation: what the host ran.
        gave_up: why the agent says that the ticket is not solved; None when it says that it is.
    """
    failing = [outcome for outcome in validation if not outcome.passed]
    if failing and repository.validation_mode is ValidationMode.REQUIRED:
        return Verdict(publish=False, reason=because(Code.VALIDATION_FAILED, _failure(failing[0])))
    if gave_up is not None:
        sentence = f"The agent says that it could not solve the ticket: {gave_up or 'it gives no reason'}"
        return Verdict(publish=False, reason=because(Code.NOT_SOLVED, sentence))
    if not changes.files:
        return Verdict(publish=False, reason=because(Code.NO_CHANGES, "The agent finished without changing a file."))
    return Verdict(publish=True, reason=_proof(validation, failing))


def _proof(validation: Sequence[CommandOutcome], failing: Sequence[CommandOutcome]) -> Reason:
    """What the host can say about a change that is published."""
    if failing:
        sentence = f"{_failure(failing[0])} Validation is advisory here, so the change was published all the same."
        return because(Code.UNVALIDATED, sentence, "Review it with the failing output.")
    if not validation:
        sentence = "No validation command is configured for this repository, so nothing was proven."
        return because(Code.UNVALIDATED, sentence, "Add one with `jca repos add`.")
    passed = "the validation command" if len(validation) == 1 else f"all {len(validation)} validation commands"
    return because(Code.VALIDATED, f"The host ran {passed}: passed.")


def _failure(outcome: CommandOutcome) -> str:
    command = shlex.join(outcome.argv)
    if outcome.timed_out:
        return f"`{command}` did not end within its time."
    return f"`{command}` failed with exit code {outcome.exit_code}."

"""The host's verdict, from evidence alone."""

from __future__ import annotations

import pytest

from jobs.reasons import Code
from jobs.repository import Repository, ValidationMode
from jobs.results import CommandOutcome
from worker.executor.verdict import judge
from worker.executor.work import NOTHING
from worker.sandbox.changes import Changes, FileChange

CHANGED = Changes(tree="t", files=(FileChange("a.py", "modified", 1, 1),), diff="-a\n+b\n", diff_truncated=False)
PASSED = CommandOutcome(argv=("pytest", "-q"), exit_code=0, seconds=1)
FAILED = CommandOutcome(argv=("pytest", "-q"), exit_code=1, seconds=1)
HUNG = CommandOutcome(argv=("pytest", "-q"), exit_code=None, seconds=600, timed_out=True)
LATE = CommandOutcome(argv=("pytest", "-q"), exit_code=0, seconds=600, timed_out=True)


@pytest.mark.parametrize(
    ("mode", "changes", "validation", "publish", "code"),
    [
        (ValidationMode.REQUIRED, CHANGED, (PASSED,), True, Code.VALIDATED),
        (ValidationMode.REQUIRED, CHANGED, (PASSED, FAILED), False, Code.VALIDATION_FAILED),
        (ValidationMode.REQUIRED, CHANGED, (HUNG,), False, Code.VALIDATION_FAILED),
        (ValidationMode.REQUIRED, CHANGED, (LATE,), False, Code.VALIDATION_FAILED),
        (ValidationMode.REQUIRED, NOTHING, (PASSED,), False, Code.NO_CHANGES),
        (ValidationMode.REQUIRED, CHANGED, (), True, Code.UNVALIDATED),
        (ValidationMode.ADVISORY, CHANGED, (FAILED,), True, Code.UNVALIDATED),
        (ValidationMode.ADVISORY, CHANGED, (PASSED,), True, Code.VALIDATED),
        (ValidationMode.OFF, CHANGED, (), True, Code.UNVALIDATED),
        (ValidationMode.OFF, NOTHING, (), False, Code.NO_CHANGES),
    ],
)
def test_the_verdict_follows_from_mode_changes_and_validation(
    mode: ValidationMode,
    changes: Changes,
    validation: tuple[CommandOutcome, ...],
    publish: bool,
    code: Code,
) -> None:
    verdict = judge(Repository(alias="r", url="/r", validation_mode=mode), changes, validation)

    assert (verdict.publish, verdict.reason.code) == (publish, code)


def test_the_sentence_names_the_failing_command() -> None:
    verdict = judge(Repository(alias="r", url="/r"), CHANGED, (FAILED,))

    assert verdict.reason.sentence == "`pytest -q` failed with exit code 1."


@pytest.mark.parametrize(
    ("validation", "code"),
    [((PASSED,), Code.NOT_SOLVED), ((), Code.NOT_SOLVED), ((FAILED,), Code.VALIDATION_FAILED)],
)
def test_an_agent_that_gave_up_is_believed_whatever_passed(validation: tuple[CommandOutcome, ...], code: Code) -> None:
    verdict = judge(Repository(alias="r", url="/r"), CHANGED, validation, gave_up="the ticket contradicts itself")

    assert (verdict.publish, verdict.reason.code) == (False, code)


def test_why_it_gave_up_is_part_of_the_sentence() -> None:
    assert "two prices" in judge(Repository(alias="r", url="/r"), NOTHING, (), gave_up="two prices").reason.sentence

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import errors
from worker.sandbox.commands import MOST_ARGUMENTS, CommandPolicy

POLICY = CommandPolicy(["pytest", "ls"], [("./gradlew", "test"), ("python3", "-m", "unittest")])


@pytest.mark.parametrize(
    "argv",
    [
        ["pytest", "-q"],
        ["ls"],
        ["./gradlew", "test"],
        ["./gradlew", "test", "--info"],
        ["python3", "-m", "unittest", "-v"],
    ],
)
def test_what_is_configured_may_run(argv: list[str]) -> None:
    POLICY.check(argv)


@pytest.mark.parametrize(
    "argv",
    [["python3", "-c", "1"], ["python3"], ["./gradlew", "clean"], ["./ls"], ["/bin/ls"], ["../ls"], ["~/ls"],
     ["ls; id"], ["ls\n"], ["ls\nid"], ["ls\0"], ["LD_PRELOAD=x", "ls"], ["env", "ls"], ["LS"], [" ls"], ["l\\s"],
     ["\N{FULLWIDTH LATIN SMALL LETTER L}s"], ["bash", "-c", "ls"], ["$(ls)"]],
)  # fmt: skip
def test_anything_else_is_refused_and_told_what_may(argv: list[str]) -> None:
    with pytest.raises(errors.Refused):
        POLICY.check(argv)


def test_a_refusal_names_what_may_run() -> None:
    with pytest.raises(errors.Refused) as refused:
        POLICY.check(["make"])
    assert "'make'" in str(refused.value)
    assert "ls, pytest" in refused.value.remedy
    assert "./gradlew test" in refused.value.remedy


@pytest.mark.parametrize(
    "argv",
    [[], [""], ["ls", "a\0b"], ["ls", "\ud800"], ["ls", "x" * 70_000], ["ls"] * (MOST_ARGUMENTS + 1)],
)
def test_what_no_program_can_be_given_is_refused(argv: list[str]) -> None:
    with pytest.raises(errors.Refused):
        POLICY.check(argv)


def test_an_empty_configured_command_allows_nothing() -> None:
    with pytest.raises(errors.Refused):
        CommandPolicy([], [()]).check(["ls"])


@given(st.lists(st.text(max_size=12), max_size=5))
def test_only_listed_programs_pass(argv: list[str]) -> None:
    try:
        POLICY.check(argv)
    except errors.Refused:
        return
    assert (
        argv[0] in {"pytest", "ls"}
        or tuple(argv[:2]) == ("./gradlew", "test")
        or argv[:3] == ["python3", "-m", "unittest"]
    )

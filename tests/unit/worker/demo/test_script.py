"""The scripted model decides from what it is sent, whatever that is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.demo import mistakes, script

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
NAMES = st.sampled_from(["list", "run", "read", "edit", "diff", "finish", "odd"])
TOOLS = [{"type": "function", "function": {"name": name}} for name in sorted(script.TOOLS)]
TASK = {"role": "user", "content": 'Validation commands:\n- ["python3", "check.py"]'}


@st.composite
def messages(draw: st.DrawFn) -> list[Any]:
    calls = draw(st.lists(st.tuples(NAMES, JSON, JSON), max_size=8))
    talk: list[Any] = [TASK]
    for number, (name, arguments, returned) in enumerate(calls):
        function = {"name": name, "arguments": json.dumps(arguments)}
        talk.append({"role": "assistant", "tool_calls": [{"id": str(number), "function": function}]})
        talk.append({"role": "tool", "tool_call_id": str(number), "content": returned})
    return talk


@given(body=st.fixed_dictionaries({}, optional={"messages": JSON, "tools": JSON, "tool_choice": JSON, "stream": JSON}))
def test_request_of_any_shape_gets_an_answer(body: dict[str, Any]) -> None:
    assert isinstance(script.answer(body), script.Say)


@given(talk=messages())
def test_it_only_calls_what_is_offered_whatever_the_conversation_looks_like(talk: list[Any]) -> None:
    said = script.answer({"messages": talk, "tools": TOOLS})

    assert said.tool in script.TOOLS


@given(answers=st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_it_comes_to_an_end_whatever_its_tools_return(answers: list[str]) -> None:
    talk: list[dict[str, Any]] = [TASK]
    for number in range(40):
        said = script.answer({"messages": talk, "tools": TOOLS})
        if said.tool == "finish":
            return
        function = {"name": said.tool, "arguments": json.dumps(dict(said.arguments))}
        talk.append({"role": "assistant", "tool_calls": [{"id": str(number), "function": function}]})
        talk.append({"role": "tool", "tool_call_id": str(number), "content": answers[number % len(answers)]})
    pytest.fail("it went on for 40 steps")


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("    return cents * percent // 100", "    return (cents * percent + 50) // 100"),
        ("for index in range(1, len(rows)):", "for index in range(len(rows)):"),
        ("if total > FREE_MINIMUM:", "if total >= FREE_MINIMUM:"),
    ],
)
def test_known_mistakes_are_found_behind_line_numbers_and_corrected(line: str, right: str) -> None:
    found = mistakes.find(f"    1\tx = 1\n    2\t{line}\n")

    assert found is not None
    assert (found.line, found.correction) == (line, right)
    assert mistakes.find(right) is None

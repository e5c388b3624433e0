from __future__ import annotations

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.usage import RequestUsage

from worker.agent.compaction import RECENT, compact, tokens_in

LONG = "x" * 5000


def conversation(turns: int, tokens: int) -> list[ModelMessage]:
    talk: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(LONG)])]
    for turn in range(turns):
        call = ToolCallPart("write", {"path": f"{turn}.py", "content": LONG}, f"call-{turn}")
        usage = RequestUsage(input_tokens=tokens, output_tokens=0)
        talk.append(ModelResponse(parts=[TextPart("I write."), call], usage=usage))
        talk.append(ModelRequest(parts=[ToolReturnPart("write", LONG, f"call-{turn}")]))
    return talk


def test_conversation_below_the_threshold_is_left_alone() -> None:
    talk = conversation(10, tokens=100)

    assert compact(talk, 1_000_000) is talk


def test_above_the_threshold_old_traffic_shrinks_and_task_and_recent_messages_stay() -> None:
    talk = conversation(10, tokens=800)
    made = compact(talk, 1000)

    assert made[0] == talk[0]
    assert made[-RECENT:] == talk[-RECENT:]
    assert len(str(made)) < len(str(talk)) / 2


def test_every_call_keeps_its_return_and_its_arguments_stay_an_object() -> None:
    made = compact(conversation(10, tokens=800), 1000)

    calls = [part for message in made for part in message.parts if isinstance(part, ToolCallPart)]
    returns = [part for message in made for part in message.parts if isinstance(part, ToolReturnPart)]
    assert [call.tool_call_id for call in calls] == [part.tool_call_id for part in returns]
    assert [call.args_as_dict(raise_if_invalid=True)["path"] for call in calls] == [f"{n}.py" for n in range(10)]


def test_what_was_given_is_not_changed() -> None:
    talk = conversation(10, tokens=800)
    before = str(talk)
    compact(talk, 1000)

    assert str(talk) == before


def test_compacting_again_changes_nothing_more() -> None:
    once = compact(conversation(10, tokens=800), 1000)

    assert str(compact(once, 1000)) == str(once)


def test_arguments_that_cannot_be_read_stay_as_they_are() -> None:
    talk = conversation(10, tokens=800)
    broken = ToolCallPart("write", "{" + LONG, "call-x")
    talk[1] = ModelResponse(parts=[broken], usage=RequestUsage(input_tokens=800))

    assert compact(talk, 1000)[1].parts == [broken]


def test_short_conversation_with_a_huge_task_is_left_alone() -> None:
    talk = conversation(1, tokens=5000)

    assert compact(talk, 1000) == talk


def test_size_is_what_was_reported_plus_what_came_after_it() -> None:
    talk = conversation(1, tokens=800)

    assert 800 + 5000 // 4 < tokens_in(talk) < 800 + 5000 // 2


def test_size_is_estimated_where_nothing_is_reported() -> None:
    assert tokens_in(conversation(3, tokens=0)) > 7 * 5000 // 4

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from jobs import errors
from worker.agent.trajectory import Trajectory

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
TOKEN = "ghp_0123456789012345678901234567"


def turn(number: int, content: str = "fine") -> list[ModelMessage]:
    return [
        ModelResponse(
            parts=[ToolCallPart("read", json.dumps({"path": "a", "note": content}), f"call-{number}")],
            timestamp=MOMENT,
        ),
        ModelRequest(parts=[ToolReturnPart("read", content, f"call-{number}", timestamp=MOMENT)]),
    ]


def dump(messages: list[ModelMessage]) -> bytes:
    return ModelMessagesTypeAdapter.dump_json(messages)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "1.jsonl"


def test_every_step_is_there_when_the_next_one_never_comes(path: Path) -> None:
    talk: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart("Do it")])]
    record = Trajectory(path)
    for number in range(3):
        record.record(talk)
        assert dump(Trajectory(path).load()) == dump(talk)
        talk += turn(number)


def test_line_cut_by_a_crash_is_dropped_and_the_conversation_goes_on_behind_it(path: Path) -> None:
    talk = turn(1)
    Trajectory(path).record(talk)
    whole = path.read_bytes()
    Trajectory(path).record([*talk, *turn(2)])
    path.write_bytes(path.read_bytes()[: len(whole) + 40])

    resumed = Trajectory(path)
    assert dump(resumed.load()) == dump(talk)
    resumed.record([*talk, *turn(3)])
    assert dump(Trajectory(path).load()) == dump([*talk, *turn(3)])


@pytest.mark.parametrize("length", range(1, 60))
def test_cut_anywhere_in_the_only_line_leaves_an_empty_record(path: Path, length: int) -> None:
    Trajectory(path).record(turn(1))
    path.write_bytes(path.read_bytes()[:length])

    assert Trajectory(path).load() == []


def test_new_conversation_in_an_old_file_replaces_it(path: Path) -> None:
    Trajectory(path).record([*turn(1), *turn(2)])
    Trajectory(path).record(turn(3))

    assert dump(Trajectory(path).load()) == dump(turn(3))


def test_messages_shortened_later_stay_whole_on_record(path: Path) -> None:
    record = Trajectory(path)
    record.record(turn(1, "long"))
    record.record([*turn(1, "short"), *turn(2)])

    assert dump(Trajectory(path).load()) == dump([*turn(1, "long"), *turn(2)])


def test_secrets_are_masked_in_texts_and_inside_arguments_which_stay_json(path: Path) -> None:
    Trajectory(path, ["the-literal-secret"]).record(turn(1, f'{TOKEN} "the-literal-secret" a://b:c@d'))

    text = path.read_text()
    assert TOKEN not in text
    assert "the-literal-secret" not in text
    call = Trajectory(path).load()[0].parts[0]
    assert isinstance(call, ToolCallPart)
    assert set(call.args_as_dict(raise_if_invalid=True)) == {"path", "note"}


def test_record_is_for_its_owner_alone(path: Path) -> None:
    Trajectory(path).record(turn(1))

    assert path.stat().st_mode & 0o077 == 0


def test_lone_surrogates_do_not_stop_a_run(path: Path) -> None:
    Trajectory(path).record(turn(1, "a\ud800b"))

    assert len(Trajectory(path).load()) == 2


def test_file_of_something_else_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"hello": 1}\n')

    with pytest.raises(errors.BadInput, match="not a record"):
        Trajectory(path).load()


def test_file_of_a_newer_version_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"v": 2, "from": 0, "messages": []}\n')

    with pytest.raises(errors.BadInput, match="newer"):
        Trajectory(path).load()

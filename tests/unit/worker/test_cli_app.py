from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import jobs
from jobs import errors
from worker.cli import app, lazy, repos


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory nobody has ever used."""
    monkeypatch.setenv("JCA_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("JCA_PORT", "1")
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.mark.parametrize("command", app.COMMANDS, ids=lambda command: command.name)
def test_every_command_of_the_table_can_be_loaded_and_helps(command: lazy.Command) -> None:
    result = CliRunner().invoke(app.app, [command.name, "--help"])

    assert result.exit_code == 0, result.output
    assert f"jca {command.name}" in result.output or f"root {command.name}" in result.output


def test_the_version_is_said() -> None:
    assert CliRunner().invoke(app.app, ["--version"]).output == f"jca {jobs.__version__}\n"


def test_a_misspelt_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["jbos"]) == 2
    assert "Did you mean 'jobs'?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["jobs", "list"], ["repos", "list"], ["sources", "list"], ["providers", "list"]])
def test_without_a_gateway_the_way_to_start_it_is_said(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = app.run(arguments)

    said = capsys.readouterr()
    assert code == 3
    assert said.out == ""
    assert "JCA is not running here: nothing answers at http://127.0.0.1:1." in said.err
    assert "jca up" in said.err


def test_a_token_alone_does_not_make_a_gateway(nothing_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (nothing_runs / "api-token").write_text("x")

    assert app.run(["jobs", "list"]) == 3
    assert "JCA is not running here" in capsys.readouterr().err


def test_what_nobody_foresaw_is_said_without_a_traceback(
    nothing_runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (nothing_runs / "api-token").write_bytes(b"\xff")

    assert app.run(["jobs", "list"]) == 1
    said = capsys.readouterr().err
    assert "UnicodeDecodeError" in said
    assert "JCA_DEBUG=1" in said
    assert "Traceback" not in said


def test_a_traceback_is_there_for_those_who_ask(nothing_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nothing_runs / "api-token").write_bytes(b"\xff")
    monkeypatch.setenv("JCA_DEBUG", "1")

    with pytest.raises(UnicodeDecodeError):
        app.run(["jobs", "list"])


def test_a_command_line_is_split_as_a_shell_would() -> None:
    assert repos.split("python3 -m pytest -k 'not slow'") == ["python3", "-m", "pytest", "-k", "not slow"]


@pytest.mark.parametrize("command", ["", "  ", "pytest 'unclosed"])
def test_a_command_that_is_none_is_refused(command: str) -> None:
    with pytest.raises(errors.BadInput):
        repos.split(command)

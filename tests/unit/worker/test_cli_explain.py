from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worker.cli import app

CONFIGURATION = """
providers:
  - name: local-model
    kind: openai-compatible
    base_url: http://127.0.0.1:1/v1
    models: [{id: small}]
    default_model: small
repositories:
  - {alias: payments, url: "https://git.example/p", full_name: acme/payments}
  - {alias: web, url: "https://git.example/w"}
"""


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No gateway, but a configuration file."""
    (tmp_path / "jca.yaml").write_text(CONFIGURATION)
    monkeypatch.setenv("JCA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("JCA_CONFIG_FILE", str(tmp_path / "jca.yaml"))
    monkeypatch.setenv("JCA_PORT", "1")


def explain(text: str, *options: str, code: int = 0) -> str:
    result = CliRunner().invoke(app.app, ["explain", "-", *options], input=text.encode())
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_ticket_is_explained_without_a_gateway() -> None:
    answer = json.loads(explain("[JCA]\nprovider=local-model\n[/JCA]", "--json", "--repo", "acme/payments"))

    assert (answer["status"], answer["error"], answer["line"]) == ("ok", None, None)
    assert answer["directives"] == {"provider": "local-model"}
    assert (answer["selection"]["provider"], answer["selection"]["model"]) == ("local-model", "small")
    assert {step["layer"] for step in answer["selection"]["because"]} >= {"provider directive"}
    assert (answer["repository"], answer["denied"]) == ("payments", None)


def test_an_error_in_the_block_exits_with_2_and_names_line_and_word() -> None:
    answer = json.loads(explain("Hello\n[JCA]\nmodle=small\n[/JCA]", "--json", code=2))

    assert (answer["status"], answer["error"]) == ("error", "unknown_key")
    assert (answer["line"], answer["suggestion"]) == (3, "model")
    assert answer["selection"] is None


def test_a_key_without_effect_yet_is_an_error() -> None:
    answer = json.loads(explain("[JCA]\nplan=ask\n[/JCA]", "--json", code=2))

    assert answer["error"] == "not_supported_yet"


def test_no_block_is_no_error() -> None:
    answer = json.loads(explain("Just words.", "--json", "--label", "repo-web"))

    assert (answer["status"], answer["repository"]) == ("none", "web")


def test_labels_and_flavor_are_taken_into_account() -> None:
    text = "{code}\n[JCA]\neffort=low\n[/JCA]\n{code}"

    answer = json.loads(explain(text, "--json", "--flavor", "jira_wiki", "--label", "model:small", "--repo", "web"))

    assert answer["directives"] == {"effort": "low"}
    assert "model label" in {step["layer"] for step in answer["selection"]["because"] if step["outcome"] == "chosen"}


def test_a_person_reads_what_is_wrong_and_what_to_do() -> None:
    wrong = explain("[JCA]\nprovider=locl-model\n[/JCA]", code=2)
    unclear = explain("[JCA]\nmodel=small\n[/JCA]")

    assert "✕ Line 2: " in wrong
    assert "Did you mean: local-model" in wrong
    assert "It would run with local-model, model small" in unclear
    assert "✕ No job would start" in unclear
    assert "repo-payments" in unclear


def test_text_of_a_ticket_cannot_steer_the_terminal() -> None:
    printed = explain("[JCA]\ninline_context=\x1b]0;owned\x07[red]x\n[/JCA]", code=2) + explain(
        "[JCA]\ninline_context=[red]x[/red]\n[/JCA]", "--repo", "web"
    )

    assert "\x1b" not in printed
    assert "[red]x[/red]" in printed


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["explain", str(tmp_path / "none.md")]) == 2
    assert "none.md cannot be read: No such file or directory." in capsys.readouterr().err

"""What commands refuse before they ask the gateway: options that do not go together, files that are no such thing."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from worker.cli import app, source_access


@pytest.fixture(autouse=True)
def nobody_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JCA_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("github", "--app-id", "1"), "--private-key-file"),
        (("github", "--app-id", "1", "--private-key-file", "/nowhere.pem"), "/nowhere.pem cannot be read"),
        (("github", "--private-key-file", "/nowhere.pem"), "--app-id"),
        (("github", "--app-id", "1", "--private-key-file", "/dev/null", "--token-stdin"), "not both"),
        (("github", "--api-url", "https://git.example/api/v3"), "--token-stdin"),
        (("github", "--token-stdin"), "no token on standard input"),
        (("jira", "--url", "https://acme.atlassian.net"), "--token-stdin"),
        (("jira", "--email", "jca@acme.example"), "--url"),
        (("jira", "--app-id", "1"), "--private-key-file"),
    ],
)
def test_options_of_a_source_that_do_not_go_together_are_refused(
    options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["sources", "add", *options]) == 2
    assert said in capsys.readouterr().err


def test_a_token_is_the_first_line_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("  the-token \nnot this\n"))

    assert source_access.github("", None, "", token_stdin=True) == {"token": "the-token"}


def test_a_key_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN\nx\n-----END\n")

    access = source_access.github("12", tmp_path / "key.pem", "https://git.example/api/v3", token_stdin=False)

    assert access == {
        "api_url": "https://git.example/api/v3",
        "app_id": "12",
        "private_key": "-----BEGIN\nx\n-----END\n",
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"headers": {}}', '{"headers": [], "body": {}}', "[" * 100_000])
def test_a_file_that_is_no_delivery_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    assert app.run(["replay", "-"]) == 2
    assert capsys.readouterr().err.startswith("✕ - ")

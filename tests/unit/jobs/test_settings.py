"""Every `JCA_*` variable, from environment, file or secret directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import errors, settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(f"JCA_{name.upper()}", raising=False)
        monkeypatch.delenv(f"JCA_{name.upper()}_FILE", raising=False)
    monkeypatch.setenv("JCA_SECRETS_DIR", str(tmp_path / "none"))


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JCA_PORT", "")

    assert settings.load().port == 8010


def test_a_value_may_come_from_the_file_a_variable_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-secret\n")
    monkeypatch.setenv("JCA_OPENAI_COMPATIBLE_API_KEY_FILE", str(tmp_path / "key"))
    loaded = settings.load()

    assert loaded.openai_compatible_api_key is not None
    assert loaded.openai_compatible_api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in repr(loaded)


def test_a_value_may_come_from_a_secret_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "jca_worker_name").write_text("from-a-secret\n")
    monkeypatch.setenv("JCA_SECRETS_DIR", str(tmp_path))

    assert settings.load().worker_name == "from-a-secret"


def test_the_environment_wins_over_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "name").write_text("from-a-file")
    monkeypatch.setenv("JCA_WORKER_NAME_FILE", str(tmp_path / "name"))
    monkeypatch.setenv("JCA_WORKER_NAME", "from-the-environment")

    assert settings.load().worker_name == "from-the-environment"


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JCA_UI_HOSTS", "jca.example.com, other.example.com,")

    assert settings.load().ui_hosts == ("jca.example.com", "other.example.com")


def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JCA_PORT", "eighty")

    with pytest.raises(errors.BadInput, match="JCA_PORT"):
        settings.load()


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JCA_WEBHOOK_KEY_FILE", "/nowhere/key")

    with pytest.raises(errors.BadInput, match="JCA_WEBHOOK_KEY_FILE names /nowhere/key"):
        settings.load()

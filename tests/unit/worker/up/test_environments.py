"""Which secrets of its environment the supervisor hands on to which part."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.settings import Settings
from worker.up.supervisor import environment_of

TRACKERS = {"JCA_SECRET_KEY", "JCA_GITHUB_TOKEN", "JCA_GITHUB_APP_PRIVATE_KEY_FILE", "JCA_JIRA_API_TOKEN"}
PROVIDERS = {"JCA_OPENAI_COMPATIBLE_API_KEY", "JCA_OPENAI_COMPATIBLE_API_KEY_FILE"}
WEBHOOKS = {"JCA_WEBHOOK_KEY", "JCA_GITHUB_WEBHOOK_SECRET", "JCA_JIRA_WEBHOOK_SECRET", "JCA_JIRA_ACTORS"}


@pytest.mark.parametrize(
    ("part", "given"),
    [
        ("gateway", TRACKERS | PROVIDERS | WEBHOOKS),
        ("executor", PROVIDERS | WEBHOOKS),
        ("webhooks", WEBHOOKS),
        ("queue", WEBHOOKS),
    ],
)
def test_a_part_gets_the_secrets_it_needs(
    part: str, given: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(state_dir=tmp_path)
    for name in TRACKERS | PROVIDERS | WEBHOOKS:
        monkeypatch.setenv(name, "a-secret")

    environment = environment_of(settings, part)

    assert {name for name, value in environment.items() if value == "a-secret"} == given
    assert environment["JCA_STATE_DIR"] == str(tmp_path)

"""Access to trackers: which fields go together, and how it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from jobs import errors
from jobs.access import ACCESS, GitHubAccess, JiraAccess, described, seal
from jobs.provisioning import Provisioned, from_environment, provisioned_access
from jobs.settings import Settings
from jobs.vault import Vault

APP = GitHubAccess(app_id="12345", private_key=SecretStr("-----BEGIN"))
TOKEN = GitHubAccess(token=SecretStr("github_pat_x"), api_url="https://git.acme.example/api/v3/")
CLOUD = JiraAccess(url="https://acme.atlassian.net", email="jca@acme.example", token=SecretStr("t"))
CENTER = JiraAccess(url="https://jira.acme.example/jira/", token=SecretStr("t"))


@pytest.mark.parametrize("access", [APP, TOKEN, CLOUD, CENTER], ids=described)
def test_what_is_kept_opens_to_the_same_and_shows_no_secret(access: GitHubAccess | JiraAccess) -> None:
    vault = Vault(["key"])

    stored = seal("tickets", access, vault)

    assert stored.opened(vault) == access
    assert described(stored) == described(access)
    assert f'"{access.secret.get_secret_value()}"' not in stored.model_dump_json() + repr(access)


@pytest.mark.parametrize("change", [{"address": "https://evil.example"}, {"account": "999"}, {"name": "other"}])
def test_a_secret_opens_for_its_own_address_and_account_only(change: dict[str, str]) -> None:
    vault = Vault(["key"])
    stored = seal("github", APP, vault)

    with pytest.raises(errors.NotReady, match="does not open"):
        stored.model_copy(update=change).opened(vault)


def test_the_key_of_webhook_secrets_does_not_open_it() -> None:
    stored = seal("github", APP, Vault(["secret-key"]))

    with pytest.raises(errors.NotReady, match="another key"):
        stored.opened(Vault(["webhook-key"]))


def test_a_key_that_was_rotated_out_of_first_place_still_opens() -> None:
    stored = seal("github", APP, Vault(["old"]))

    assert stored.opened(Vault(["new", "old"])) == APP


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "a token is missing"),
        ({"app_id": "1"}, "private key is missing"),
        ({"private_key": "k"}, "App's id is missing"),
        ({"token": "t", "app_id": "1", "private_key": "k"}, "not both"),
        ({"token": ""}, "at least 1"),
        ({"token": "t", "api_url": "git.acme.example"}, "is not an address"),
        ({"token": "t", "api_url": "https://me@git.acme.example"}, "is not an address"),
        ({"url": "https://acme.atlassian.net"}, "Field required"),
        ({"email": "jca@acme.example", "token": "t"}, "Field required"),
        ({"token": "t", "password": "p"}, "Extra inputs"),
    ],
)
def test_fields_that_do_not_go_together_are_named(fields: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ACCESS.validate_python(fields)

    assert said in caught.value.errors()[0]["msg"]


def test_a_number_is_taken_as_the_apps_id() -> None:
    read = Provisioned.model_validate({"access": {"github": {"app_id": 12345, "private_key": "-----BEGIN"}}})

    assert read.access == {"github": APP}


def test_the_environment_describes_github_and_jira(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JCA_GITHUB_TOKEN", "github_pat_x")
    monkeypatch.setenv("JCA_GITHUB_API_URL", "https://git.acme.example/api/v3")
    monkeypatch.setenv("JCA_JIRA_URL", "https://jira.acme.example/jira")
    monkeypatch.setenv("JCA_JIRA_API_TOKEN", "t")
    monkeypatch.setenv("JCA_JIRA_WEBHOOK_SECRET", "a-secret-of-jira-0123")
    monkeypatch.setenv("JCA_JIRA_ACTORS", "ann, ben")

    found = from_environment(Settings())

    assert found.access == {"github": TOKEN, "jira": CENTER}
    assert [(source.name, source.kind, source.actors) for source in found.sources] == [("jira", "jira", ("ann", "ben"))]


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"JCA_GITHUB_APP_ID": "1"}, "JCA_GITHUB_…: the App's private key is missing"),
        ({"JCA_GITHUB_TOKEN": "t", "JCA_GITHUB_API_URL": "nowhere"}, "JCA_GITHUB_API_URL"),
        ({"JCA_JIRA_URL": "https://acme.atlassian.net"}, "JCA_JIRA_API_TOKEN"),
        ({"JCA_JIRA_API_TOKEN": "t"}, "JCA_JIRA_URL"),
    ],
)
def test_a_variable_that_is_missing_or_wrong_is_named(
    variables: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(errors.BadInput) as caught:
        from_environment(Settings())

    assert str(caught.value).startswith(named)


def test_the_file_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "jca.yaml"
    file.write_text("access: {github: {token: of-the-file}}\n")
    monkeypatch.setenv("JCA_GITHUB_TOKEN", "of-the-environment")

    found = provisioned_access(Settings(config_file=file))

    assert found == {"github": GitHubAccess(token=SecretStr("of-the-file"))}

"""The provisioned file and the profiles of the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import errors, provisioning
from jobs.catalog import AuthMode
from jobs.settings import Settings


def _settings(**values: object) -> Settings:
    return Settings.model_validate(values)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("repositories: [{alias: shop, url: 'ext::sh -c id'}]", "repositories.0.url"),
        ("repositories: [{alias: shop, url: /r, colour: red}]", "repositories.0.colour"),
        ("providers: [{name: x, kind: nothing, base_url: 'http://h/v1', default_model: m}]", "providers.0.kind"),
        ("sources: [{name: local, kind: local, secrets: [short]}]", "sources.0.secrets"),
        ("repositorys: []", "repositorys"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_mistake_in_the_file_names_its_place(tmp_path: Path, content: str, named: str) -> None:
    (tmp_path / "jca.yaml").write_text(content)

    with pytest.raises(errors.BadInput, match=named):
        provisioning.read_file(tmp_path / "jca.yaml")


def test_an_empty_file_provisions_nothing(tmp_path: Path) -> None:
    (tmp_path / "jca.yaml").write_text("")

    assert provisioning.read_file(tmp_path / "jca.yaml") == provisioning.Provisioned()
    assert provisioning.read_file(None) == provisioning.Provisioned()


def test_a_profile_of_the_environment_says_where_it_comes_from() -> None:
    settings = _settings(
        openai_compatible_base_url="http://localhost:11434/v1/",
        openai_compatible_model="qwen3",
        openai_compatible_api_key="sk-x",
    )
    (profile,) = provisioning.from_environment(settings).providers

    assert (profile.name, profile.base_url, profile.default_model) == (
        "openai-compatible",
        "http://localhost:11434/v1",
        "qwen3",
    )
    assert profile.auth_mode is AuthMode.BEARER
    assert profile.source == "from JCA_OPENAI_COMPATIBLE_BASE_URL"


def test_half_a_profile_names_the_missing_variable() -> None:
    with pytest.raises(errors.BadInput, match="JCA_OPENAI_COMPATIBLE_MODEL is missing"):
        provisioning.from_environment(_settings(openai_compatible_base_url="http://localhost/v1"))


@pytest.mark.parametrize("url", ["localhost:11434/v1", "ftp://h/v1", "http://user:pw@h/v1", "http://h/v1?x=1"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(errors.BadInput, match="JCA_OPENAI_COMPATIBLE_BASE_URL"):
        provisioning.from_environment(_settings(openai_compatible_base_url=url, openai_compatible_model="m"))

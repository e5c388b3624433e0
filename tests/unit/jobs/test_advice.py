"""What is said when a repository is saved, and what is not."""

from __future__ import annotations

import pytest

from jobs.advice import advise
from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile
from jobs.command_advice import needs_network, needs_shell
from jobs.repository import Repository

SOUND = Repository(
    alias="shop",
    url="https://git.example/acme/shop.git",
    full_name="acme/shop",
    validation_commands=(("pytest", "-q"),),
    allowed_commands=("pytest",),
    provider="local-qwen",
    model="qwen",
    models_allowed=("qwen3-coder",),
)
CATALOG = Catalog(
    repositories=(SOUND, Repository(alias="web", url="/srv/web", full_name="Acme/Web")),
    providers=(
        ProviderProfile(
            name="local-qwen",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url="http://localhost:11434/v1",
            models=(Model(id="qwen3-coder", aliases=("qwen",)),),
            default_model="qwen3-coder",
        ),
        ProviderProfile(
            name="night-shift",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url="http://gpu-7:8000/v1",
            default_model="glm-5",
            enabled=False,
        ),
    ),
)


def said(**changes: object) -> list[tuple[str, str]]:
    repository = Repository.model_validate(SOUND.model_dump() | changes)
    return [(advice.field, advice.sentence) for advice in advise(repository, CATALOG)]


def test_a_sound_repository_needs_no_advice() -> None:
    assert said() == []


def test_commands_of_a_repository_that_is_only_read_are_never_run() -> None:
    commands = {"setup_commands": (("make",),), "validation_commands": (("pytest", "-q"),)}
    found = said(role="context", full_name="", allowed_commands=(), **commands)

    assert found == [
        ("setup_commands", "Setup commands are never run here: the repository is only read."),
        ("validation_commands", "Validation commands are never run here: the repository is only read."),
    ]


def test_a_repository_that_is_only_read_needs_no_validation() -> None:
    assert said(role="context", validation_commands=(), validation_mode="off") == []


def test_a_directory_needs_no_full_name() -> None:
    assert said(url="/srv/shop", full_name="") == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"url": "https://me:hunter2@git.example/acme/shop"}, "url", "holds a credential"),
        ({"full_name": ""}, "full_name", "From the address it would be acme/shop."),
        ({"url": "git@git.example:acme/shop.git", "full_name": ""}, "full_name", "it would be acme/shop."),
        ({"full_name": "shop"}, "full_name", "shop is not like owner/name"),
        ({"full_name": "acme/web"}, "full_name", "web has the same full name"),
        ({"default_branch": "refs/heads/main"}, "default_branch", "probably main is meant"),
        ({"default_branch": "origin/main"}, "default_branch", "named without origin/"),
        ({"default_branch": "HEAD"}, "default_branch", "no name of a branch"),
        ({"default_branch": "a" * 40}, "default_branch", "no name of a branch"),
        ({"default_branch": "Main"}, "default_branch", "Main is not main"),
        ({"validation_commands": ()}, "validation_commands", "nothing is proven"),
        ({"validation_mode": "off"}, "validation_mode", "nothing is proven"),
        ({"allowed_commands": ()}, "allowed_commands", "Validation uses pytest, which is not allowed"),
        ({"allowed_commands": ("pytest", "/bin/ls")}, "allowed_commands", "/bin/ls allows nothing"),
        ({"setup_commands": (("npm", "ci"),)}, "setup_commands", "`npm ci` needs a network"),
        ({"setup_commands": (("make", "&&", "ls"),)}, "setup_commands", "`make '&&' ls` is run without a shell"),
        ({"provider": "local-qwem", "model": None}, "provider", "Did you mean local-qwen?"),
        ({"provider": "elsewhere", "model": None}, "provider", "Known: local-qwen and night-shift."),
        ({"provider": "night-shift", "model": None, "models_allowed": ()}, "provider", "is disabled"),
        (
            {"model": "qwem"},
            "model",
            "local-qwen has no model qwem, so this default is passed over. Did you mean qwen?",
        ),
        ({"provider": None, "model": "glm"}, "model", "No provider has the model glm"),
        ({"models_allowed": ("qwen3",)}, "models_allowed", "allowing it allows nothing"),
    ],
)
def test_what_is_odd_is_said_beside_its_field(changes: dict[str, object], field: str, words: str) -> None:
    ((place, sentence),) = said(**changes)

    assert place == field
    assert words in sentence


@pytest.mark.parametrize(
    "command",
    [
        "npm ci", "npm --silent install", "pip install -r x", "python3 -m pip install x", "python3.12 -m pip install x",
        "yarn", "curl https://x", "git clone x", "go get x", "apt-get install x", "uv sync",
    ],
)  # fmt: skip
def test_what_fetches_is_known(command: str) -> None:
    assert "needs a network" in needs_network(command.split())


@pytest.mark.parametrize(
    "command",
    [
        "",
        "npm test",
        "npm run install-check",
        "pip install --no-index x",
        "npm ci --offline",
        "python3 -m pytest",
        "git status",
    ],
)
def test_what_fetches_nothing_is_left_alone(command: str) -> None:
    assert needs_network(command.split()) == ""


@pytest.mark.parametrize("command", ["a && b", "a | b", "a > b", "CI=1 pytest", "cd web", "export A=b", "a ; b"])
def test_what_only_a_shell_understands_is_known(command: str) -> None:
    assert "without a shell" in needs_shell(command.split())


@pytest.mark.parametrize("command", ["", "pytest -k a=b", "make CI=1", "ls -- a&&b"])
def test_what_needs_no_shell_is_left_alone(command: str) -> None:
    assert needs_shell(command.split()) == ""

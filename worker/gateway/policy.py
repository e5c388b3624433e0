"""What holds for the jobs of a repository, value by value, and where each value comes from. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs import guidance
from jobs.catalog import Catalog, Workspace
from jobs.directives import Directives
from jobs.directives.labels import Labels
from jobs.reasons import Reason
from jobs.repository import Repository, Role
from jobs.selection import resolve_selection
from worker.gateway import words

HERE = "set here"
DEFAULT = "default"
FIXED = "always"

_AS_MANY = "as many as there are workers"
_EVERY = "every enabled one"
_NO_CAP = "no cap of its own"


class Rule(BaseModel):
    """One value that holds."""

    model_config = ConfigDict(frozen=True)

    name: str
    """As people call it: `Repair attempts`."""
    value: str
    source: str
    """`set here`, `default`, `always`, or what else sets it: `JCA_CONFIG_FILE`, `workspace default`."""


@dataclass(frozen=True)
class Origin:
    """Where the configuration comes from."""

    file: Repository | None = None
    """The repository as the provisioned file sets it."""
    workspace: bool = False
    """Whether the provisioned file sets the workspace's defaults."""

    @property
    def place(self) -> str:
        """What sets the repository: `JCA_CONFIG_FILE`, or `here`."""
        return "JCA_CONFIG_FILE" if self.file else "here"


def policy(repository: Repository, catalog: Catalog, origin: Origin) -> tuple[Rule, ...]:
    """Everything that holds for a job of the repository whose ticket asks for nothing."""
    own = tuple(
        Rule(name=name, value=value, source=_source(repository, field, origin))
        for name, field, value in _own(repository)
    )
    return (*_chosen(repository, catalog), *own, *_workspace(catalog.workspace, origin), *_fixed())


def _own(repository: Repository) -> tuple[tuple[str, str, str], ...]:
    """What the repository itself says: how people call it, its field, its value."""
    return (
        ("What jobs may do with it", "role", _ROLES[repository.role]),
        ("Branch work starts from", "default_branch", repository.default_branch),
        ("Setup", "setup_commands", _commands(repository.setup_commands)),
        ("Validation", "validation_commands", _commands(repository.validation_commands)),
        ("A failing validation", "validation_mode", _MEANING[repository.validation_mode]),
        ("Repair attempts", "repair_attempts", str(repository.repair_attempts)),
        ("One command may take", "command_timeout", words.duration(repository.command_timeout)),
        ("Programs the agent may run", "allowed_commands", ", ".join(repository.allowed_commands) or "none"),
        ("Providers that may run them", "providers_allowed", ", ".join(repository.providers_allowed) or _EVERY),
        ("A label may choose the model", "labels_allowed", "yes" if repository.labels_allowed else "no"),
        ("Models a ticket may choose", "models_allowed", ", ".join(repository.models_allowed) or _EVERY),
        ("Rules for agents are read from", "guidance_files", ", ".join(repository.guidance_files or guidance.FILES)),
        ("Priority", "priority", f"{repository.priority} of 9"),
        (
            "At the same time",
            "max_parallel",
            words.plural(repository.max_parallel, "job") if repository.max_parallel else _AS_MANY,
        ),
        ("Spending per day", "daily_usd", words.money(repository.daily_usd) if repository.daily_usd else _NO_CAP),
    )


_ROLES = {Role.WORK: "write it", Role.CONTEXT: "only read it"}

_MEANING: dict[str, str] = {
    "off": "is not looked for: nothing is run",
    "advisory": "is reported; the pull request is opened",
    "required": "means no pull request",
}


def _source(repository: Repository, field: str, origin: Origin) -> str:
    if origin.file:
        return origin.place if field in origin.file.model_fields_set else DEFAULT
    return DEFAULT if getattr(repository, field) == Repository.model_fields[field].default else HERE


def _chosen(repository: Repository, catalog: Catalog) -> tuple[Rule, ...]:
    """Provider and model, decided as triage would."""
    selected = resolve_selection(Directives(), Labels(), repository, catalog)
    if isinstance(selected, Reason):
        return (Rule(name="Provider and model", value=selected.sentence, source=DEFAULT),)
    layers = [step.layer for step in selected.because if step.outcome == "chosen"]
    provider, model = layers[0], layers[-1]
    return (
        Rule(name="Provider", value=selected.provider, source=provider),
        Rule(name="Model", value=selected.model, source=model),
    )


def _workspace(workspace: Workspace, origin: Origin) -> tuple[Rule, ...]:
    fields: tuple[tuple[str, Literal["max_turns", "max_tokens", "max_seconds", "max_usd"], str], ...] = (
        ("A run may take", "max_seconds", words.duration(workspace.max_seconds)),
        ("Turns of a run", "max_turns", words.number(workspace.max_turns)),
        ("Tokens of a run", "max_tokens", words.number(workspace.max_tokens)),
        ("Spending of a run", "max_usd", words.money(workspace.max_usd) if workspace.max_usd else "no cap"),
    )
    return tuple(
        Rule(name=name, value=value, source="JCA_CONFIG_FILE" if _is_set(workspace, field, origin) else DEFAULT)
        for name, field, value in fields
    )


def _is_set(workspace: Workspace, field: str, origin: Origin) -> bool:
    return origin.workspace and field in workspace.model_fields_set


def _fixed() -> tuple[Rule, ...]:
    return (Rule(name="Network in the sandbox", value="none", source=FIXED),)


def _commands(commands: tuple[tuple[str, ...], ...]) -> str:
    return "; ".join(shlex.join(command) for command in commands) or "none"

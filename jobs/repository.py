"""A repository as it is configured: where it is, what is run in it, and who may choose what. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from jobs.names import ModelId, Name

LONGEST_PATH = 512  # characters of a file's path in a repository


def _guidance_path(value: str) -> str:
    parts = value.split("/")
    if {"", ".", ".."} & set(parts) or set(value) & set("\\\0\r\n") or len(value) > LONGEST_PATH:
        msg = f"{value!r} is not a file of the repository: give its path from the root, such as docs/agents.md"
        raise ValueError(msg)
    return value


GuidancePath = Annotated[str, AfterValidator(_guidance_path)]


class ValidationMode(StrEnum):
    """What a failing validation means for the result."""

    OFF = "off"
    """Nothing is run."""
    ADVISORY = "advisory"
    """It is run and reported; the pull request is opened either way."""
    REQUIRED = "required"
    """A failing command means no pull request."""


class Role(StrEnum):
    """What jobs may do with a repository."""

    WORK = "work"
    """Written by the jobs routed to it, and read where a ticket names it as context."""
    CONTEXT = "context"
    """Only read."""


class Repository(BaseModel):
    """A repository that jobs may write, or only read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alias: Name
    url: str
    """`https://`, `ssh://`, `git@host:path` or an absolute path on the executor; never taken from a ticket."""
    full_name: str = ""
    """`owner/name` on the code host, to match a tracker's own repository; empty matches nothing."""
    default_branch: str = "main"
    enabled: bool = True
    role: Role = Role.WORK
    setup_commands: tuple[tuple[str, ...], ...] = ()
    """Run once in the sandbox before the agent, as argument lists."""
    validation_commands: tuple[tuple[str, ...], ...] = ()
    """Run by the host in the sandbox after the agent, exactly as configured."""
    validation_mode: ValidationMode = ValidationMode.REQUIRED
    repair_attempts: int = Field(2, ge=0, le=10)
    allowed_commands: tuple[str, ...] = ()
    """Program names the agent may run beside the validation commands, such as `pytest`."""
    command_timeout: float = Field(600, gt=0, le=86_400)
    """Seconds one command may take."""
    provider: Name | None = None
    model: ModelId | None = None
    guidance_files: tuple[GuidancePath, ...] = ()
    """Where its rules for agents are, from the root; empty: the usual places, `jobs.guidance.FILES`."""
    labels_allowed: bool = True
    """Whether a `model:` label may choose the model here."""
    providers_allowed: tuple[Name, ...] = ()
    """Providers that may run its jobs; empty allows every enabled one."""
    models_allowed: tuple[str, ...] = ()
    """Models a ticket may choose here; empty allows every enabled one."""
    priority: int = Field(5, ge=0, le=9)
    """Of its jobs, 9 first. One step is worth an hour of waiting, so that nothing waits forever."""
    max_parallel: int | None = Field(None, gt=0)
    """Jobs of it that may run at the same time; None: as many as there are workers."""
    daily_usd: float | None = Field(None, gt=0)
    """What its jobs may spend per day (UTC); None: no cap of its own."""

    @field_validator("url")
    @classmethod
    def _known_transport(cls, value: str) -> str:
        if value.startswith(("https://", "ssh://", "/")) or re.fullmatch(
            r"[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:[^-].*", value
        ):
            return value
        msg = f"{value!r} is not usable: give https://…, ssh://…, git@host:path or an absolute path"
        raise ValueError(msg)

    @field_validator("default_branch")
    @classmethod
    def _safe_branch(cls, value: str) -> str:
        if re.fullmatch(r"(?!/)(?!.*(//|\.\.|@\{|\.lock(/|$)))[A-Za-z0-9_][A-Za-z0-9._/-]*(?<![./])", value):
            return value
        msg = f"{value!r} is not a branch name git accepts"
        raise ValueError(msg)

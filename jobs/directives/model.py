"""The result of reading a ticket: directives, problems and warnings."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Directives(BaseModel):
    """What a `[JCA]` block asks for. Only what was written is set."""

    model_config = ConfigDict(frozen=True)

    work_repos: tuple[str, ...] = ()
    context_repos: tuple[str, ...] = ()
    context_files: tuple[str, ...] = ()
    context_folders: tuple[str, ...] = ()
    inline_context: str = ""
    provider: tuple[str, ...] = ()
    """Tried in order."""
    model: str = ""
    base: str = ""
    budget_usd: float | None = None
    budget_tokens: int | None = None
    timeout_seconds: int | None = None
    effort: str = ""
    plan: str = ""


class Problem(BaseModel):
    """Something wrong or noteworthy in the text."""

    model_config = ConfigDict(frozen=True)

    code: str
    """`unknown_key`, `unclosed_block`, …"""
    message: str
    """One sentence for the author of the ticket."""
    line: int | None = None
    """Line of the ticket's body, counted from 1."""
    suggestion: str = ""
    """The nearest valid word."""


class Parsed(BaseModel):
    """How a text reads: a usable block, none at all, or an error that means no job."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ok", "none", "error"]
    directives: Directives = Directives()
    error: Problem | None = None
    warnings: tuple[Problem, ...] = ()

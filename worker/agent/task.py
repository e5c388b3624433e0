"""What the agent is asked to do."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Task(BaseModel):
    """One turn's assignment.

    `title`, `body` and `inline_context` come from a ticket, `references` from what it names: all of it is hostile data.
    """

    model_config = ConfigDict(frozen=True)

    ticket_key: str
    title: str
    body: str = ""
    inline_context: str = ""
    references: str = ""
    """What the ticket points at: texts of files and names in folders, each after its path."""
    rules: str = ""
    """The repository's own rules for agents (`AGENTS.md`, `CLAUDE.md`, …), as they stand on the base branch."""
    validation_commands: tuple[tuple[str, ...], ...] = ()
    """Argument lists the host runs afterwards to judge the change."""
    allowed_commands: tuple[str, ...] = ()
    """Program names the agent may run beside them."""
    carried: bool = False
    """Whether the tree begins with what an earlier, interrupted run changed."""
    repair: str | None = None
    """Output of a validation that failed; its presence makes this a repair of the same conversation."""

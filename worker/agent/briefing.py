"""The words a model is given. The prompts are the files in `prompts/`; this fills in the facts."""

from __future__ import annotations

import functools
import json
import secrets
import unicodedata
from collections.abc import Iterable
from importlib import resources
from string import Template

from jobs import redact
from worker.agent.elision import elide
from worker.agent.task import Task

BODY_CAP = 40_000  # characters of a ticket's body, the inline context and the rules each
REPAIR_CAP = 16_000  # characters of a failing validation's output


_REFERENCES = (
    "The ticket points at the following; begin with it. `list`, `search` and `read` take these paths, and what is below"
    " /context can only be read:"
)


def instructions() -> str:
    """What holds in every run: how to work, what to trust, when to finish."""
    return _prompt("system").template


def briefing(task: Task) -> str:
    """The message that starts a task, or that asks for a repair when the task carries failing output."""
    if task.repair is not None:
        return _prompt("repair").substitute(output=fence("VALIDATION OUTPUT", task.repair, REPAIR_CAP))
    return _prompt("task").substitute(
        ticket=fence("TICKET", f"{task.ticket_key}: {task.title}\n\n{task.body}", BODY_CAP),
        context=_section("Context given with the ticket, untrusted like it:", "CONTEXT", task.inline_context),
        references=_section(_REFERENCES, "REFERENCES", task.references),
        carried=_prompt("carried").template if task.carried else "",
        rules=_section("Rules this repository keeps for agents:", "REPOSITORY RULES", task.rules),
        validation=_commands(task.validation_commands),
        allowed=", ".join(task.allowed_commands) or "none",
    )


def fence(label: str, text: str, cap: int) -> str:
    """Put untrusted text between lines that it cannot forge, without credentials and invisible characters."""
    boundary = secrets.token_hex(8)
    body = elide(redact.redact(visible(text)), cap)
    return f"<<<BEGIN {label} {boundary}\n{body}\nEND {label} {boundary}>>>"


def visible(text: str) -> str:
    """Drop what a person reading the ticket would not see: control and format characters, tag characters among them."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs"})


def _section(heading: str, label: str, text: str) -> str:
    return f"{heading}\n{fence(label, text, BODY_CAP)}\n" if text.strip() else ""


def _commands(commands: Iterable[tuple[str, ...]]) -> str:
    lines = [f"- {json.dumps(list(argv))}" for argv in commands]
    return "\n".join(lines) or "- none are configured: check your work by reading it again"


@functools.cache
def _prompt(name: str) -> Template:
    text = resources.files("worker.agent").joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")
    return Template(text)

"""Commands as people write them, one per line with the quoting of a shell, and as argument lists. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from jobs import errors

Commands = tuple[tuple[str, ...], ...]

_QUOTATION = "opens a quotation that is not closed"
_BACKSLASH = "ends with a backslash"


def read(text: str) -> Commands:
    """The argument lists of a text with one command per line.

    As in a shell, a quotation may go on over lines, and a backslash at the end of a line joins it with the next.

    Raises:
        errors.BadInput: a line cannot be split; the message names it.
    """
    commands: list[tuple[str, ...]] = []
    begun, pending, fault = 0, "", ""
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        begun, pending = (begun, pending + line) if fault else (number, line)
        words, fault = _split(pending)
        if words:
            commands.append(words)
        pending = pending[:-1] if fault == _BACKSLASH else f"{pending}\n"
    if fault:
        raise errors.BadInput(f"Line {begun} {fault}.")
    return tuple(commands)


def write(commands: Iterable[Iterable[str]]) -> str:
    """The text that `read` reads as these commands."""
    return "\n".join(shlex.join(command) for command in commands)


def _split(line: str) -> tuple[tuple[str, ...], str]:
    """The words of a line, and what keeps it from being complete."""
    try:
        return tuple(shlex.split(line)), ""
    except ValueError as error:
        return (), _BACKSLASH if "escaped" in str(error) else _QUOTATION

"""Which commands an agent may ask for.

A guard of intent, not the boundary: a test runner runs whatever the repository says, by design. What a command can
reach is decided by bubblewrap alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from jobs import errors

MOST_ARGUMENTS = 256
MOST_BYTES = 64 * 1024  # of all arguments together


class CommandPolicy:
    """Allows programs by name, and the configured validation commands as they are."""

    def __init__(self, allowed: Collection[str], always: Sequence[tuple[str, ...]] = ()) -> None:
        """Set what may be run.

        Args:
            allowed: program names such as `pytest`, looked up on the sandbox's own search path.
            always: argument lists that may be run as they are or with more arguments behind.
        """
        self._allowed = frozenset(allowed)
        self._always = tuple(command for command in always if command)

    def check(self, argv: Sequence[str]) -> None:
        """Let `argv` pass.

        Raises:
            errors.Refused: it may not be run; the sentence says what may.
        """
        _check_shape(argv)
        if any(tuple(argv[: len(command)]) == command for command in self._always):
            return
        program = argv[0]
        if "/" in program or program not in self._allowed:
            raise errors.Refused(f"{program[:80]!r} may not be run here.", remedy=self._what_may())

    def _what_may(self) -> str:
        programs = ", ".join(sorted(self._allowed)) or "none"
        commands = "; ".join(" ".join(command) for command in self._always) or "none"
        return f"Programs that may be run: {programs}. Commands that may be run as they are: {commands}."


def _check_shape(argv: Sequence[str]) -> None:
    if not argv or not argv[0].strip():
        raise errors.Refused("A command needs a program.", remedy='Give a list of words, such as ["pytest", "-q"].')
    if len(argv) > MOST_ARGUMENTS or sum(len(word) for word in argv) > MOST_BYTES:
        raise errors.Refused(
            f"A command has at most {MOST_ARGUMENTS} words and {MOST_BYTES // 1024} KiB.",
            remedy="Write a script file and run that.",
        )
    if set(argv[0]) & set("\0\r\n") or not all(_can_be_passed(word) for word in argv):
        raise errors.Refused("A word of the command holds letters no program can be given.", remedy="Leave them out.")


def _can_be_passed(word: str) -> bool:
    try:
        return b"\0" not in word.encode()
    except UnicodeEncodeError:
        return False

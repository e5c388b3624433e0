"""How reading a ticket goes wrong: one error that ends it, and a bounded list of warnings that do not."""

from __future__ import annotations

from jobs import errors
from jobs.directives.model import Problem

MOST_WARNINGS = 20  # a hostile body can hold a hundred thousand; a comment on a ticket cannot


class Rejected(errors.BadInput):
    """The text asks for something that cannot be done as written. Correct the line that is named."""

    def __init__(self, code: str, message: str, *, line: int | None = None, suggestion: str = "") -> None:
        self.problem = Problem(code=code, message=message, line=line, suggestion=suggestion)
        super().__init__(message)


class Notes:
    """The warnings met on the way, at most `MOST_WARNINGS` of them."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    @property
    def full(self) -> bool:
        """Whether another warning would be dropped."""
        return len(self._problems) >= MOST_WARNINGS

    def add(self, code: str, message: str, *, line: int | None = None, suggestion: str = "") -> None:
        """Remember one warning, unless there are enough already."""
        if not self.full:
            self._problems.append(Problem(code=code, message=message, line=line, suggestion=suggestion))

    def problems(self) -> tuple[Problem, ...]:
        """All warnings in the order they were met."""
        return tuple(self._problems)

"""Questions in JQL, built from values nobody can break out of. Pure.

Strings: https://support.atlassian.com/jira-software-cloud/docs/jql-fields/ and the reserved characters of
https://confluence.atlassian.com/jirasoftwareserver/search-syntax-for-text-fields-939938747.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from jobs import errors

LONGEST_VALUE = 255  # characters
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Query:
    """Which issues are wanted: all conditions hold, and of each list one value does."""

    projects: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    within: timedelta | None = None
    """Only what changed so recently; a distance, since a moment would be read in our account's time zone."""
    open_only: bool = True
    """Leave out what is done, whatever its status is called."""

    def text(self) -> str:
        """The question in JQL, the longest unchanged issues first.

        Raises:
            errors.BadInput: a value cannot be asked for, or nothing bounds the question.
        """
        lists = (("project", self.projects), ("labels", self.labels), ("status", self.statuses))
        conditions = [f"{field} in ({', '.join(map(quoted, values))})" for field, values in lists if values]
        if self.within is not None:
            conditions.append(f"updated >= -{max(1, -int(-self.within.total_seconds() // 60))}m")
        if not conditions:
            raise errors.BadInput("A search in Jira needs a project, label, status or time that bounds it.")
        if self.open_only:
            conditions.append("statusCategory != Done")
        return f"{' AND '.join(conditions)} ORDER BY updated ASC, key ASC"


def quoted(value: str) -> str:
    """A value as a string of JQL.

    Raises:
        errors.BadInput: it is empty, too long or holds control characters.
    """
    if not value.strip() or len(value) > LONGEST_VALUE or _UNUSABLE.search(value):
        raise errors.BadInput(f"{value[:80]!r} cannot be asked for in Jira.")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

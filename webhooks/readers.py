"""Which reader reads which kind of source."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.catalog import Source, Workspace
from webhooks.github import read_github
from webhooks.local import read_local
from webhooks.reading import BadRequest, Ignored, Intake


def read(
    source: Source,
    headers: Mapping[str, str],
    body: bytes,
    workspace: Workspace,
) -> Intake | Ignored | BadRequest:
    """Read a delivery, whose signature holds, the way its kind of source sends it. Never raises."""
    match source.kind:
        case "github":
            return read_github(source.name, headers, body, workspace.managed_label)
        case "local":
            return read_local(source.name, headers, body)

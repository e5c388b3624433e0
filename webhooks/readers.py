"""Which kind of source proves its deliveries how, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.catalog import Source, Workspace
from webhooks.github import FORM, read_github
from webhooks.jira import Rules, read_jira
from webhooks.jira_proof import verify_jira
from webhooks.local import read_local
from webhooks.reading import BadRequest, Command, Ignored, Intake
from webhooks.signatures import Forged, Verified, verify

JSON = "application/json"


def takes(source: Source, content_type: str) -> bool:
    """Whether this kind of source sends bodies of this type."""
    return content_type == JSON or (content_type == FORM and source.kind == "github")


def prove(source: Source, headers: Mapping[str, str], body: bytes) -> Verified | Forged:
    """Check who sent a delivery, the way its kind of source proves it. Never raises."""
    if source.kind == "jira":
        return verify_jira(headers, body, source.secrets)
    return verify(source.kind, headers, body, source.secrets)


def read(
    source: Source, headers: Mapping[str, str], body: bytes, workspace: Workspace
) -> Intake | Command | Ignored | BadRequest:
    """Read a proven delivery the way its kind of source sends it. Never raises."""
    match source.kind:
        case "github":
            return read_github(source.name, headers, body, workspace.managed_label)
        case "jira":
            rules = Rules(workspace.managed_label, ready=frozenset(source.rules.ready_states))
            return read_jira(source.name, headers, body, rules)
        case "local":
            return read_local(source.name, headers, body)

"""Which kind of source proves its deliveries how, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.catalog import Source, Workspace
from webhooks.github import FORM, read_github
from webhooks.jira import Rules, read_jira
from webhooks.jira_proof import verify_jira
from webhooks.local import read_local
from webhooks.reading import BadRequest, Command, Ignored, Intake, Why
from webhooks.signatures import Forged, Verified, verify

JSON = "application/json"

NOBODY: frozenset[str] = frozenset()


def takes(source: Source, content_type: str) -> bool:
    """Whether this kind of source sends bodies of this type."""
    return content_type == JSON or (content_type == FORM and source.kind == "github")


def prove(source: Source, headers: Mapping[str, str], body: bytes) -> Verified | Forged:
    """Check who sent a delivery, the way its kind of source proves it. Never raises."""
    if source.kind == "jira":
        return verify_jira(headers, body, source.secrets)
    return verify(source.kind, headers, body, source.secrets)


def read(
    source: Source, headers: Mapping[str, str], body: bytes, workspace: Workspace, accounts: frozenset[str] = NOBODY
) -> Intake | Command | Ignored | BadRequest:
    """Read a proven delivery the way its kind of source sends it. Never raises.

    Args:
        source: it came through.
        headers: of the request.
        body: raw.
        workspace: the defaults in force.
        accounts: as whom the source's tracker knows us; what they do starts nothing.
    """
    match source.kind:
        case "github":
            return _not_our_own(read_github(source.name, headers, body, workspace.managed_label), accounts)
        case "jira":
            rules = Rules(workspace.managed_label, accounts=accounts, ready=frozenset(source.rules.ready_states))
            return read_jira(source.name, headers, body, rules)
        case "local":
            return read_local(source.name, headers, body)


def _not_our_own(
    reading: Intake | Command | Ignored | BadRequest, accounts: frozenset[str]
) -> Intake | Command | Ignored | BadRequest:
    """What a reader made of a delivery, unless our own account caused it: said so rather than that a program did."""
    if isinstance(reading, BadRequest) or reading.actor is None or reading.actor.id not in accounts:
        return reading
    if isinstance(reading, Ignored) and reading.reason != Why.BOT_AUTHOR:
        return reading
    return Ignored(reading.envelope, Why.OWN_ACCOUNT, reading.actor)

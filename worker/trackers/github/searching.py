"""Looking for what no delivery told: issues with the managed label that changed, and deliveries that failed.

Issues are listed per repository rather than searched: the search has a limit of thirty requests a minute of its own,
lags behind, and a token that is narrowed to one repository sees no other.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, TypeAdapter

from jobs import errors
from worker.trackers.github import wire
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import ISSUES
from worker.trackers.github.names import RepositoryName
from worker.trackers.github.tickets import Fetched, fetched, stamp
from worker.trackers.github.transport import Request, Transport

DELIVERY_PAGES = 20  # of a hundred each
_FIRST_FAILURE = 400

_ISSUES = TypeAdapter(tuple[wire.Issue, ...])


class HookDelivery(wire.Wire):
    """One attempt of GitHub to deliver an event of the App."""

    id: wire.Number
    """Names the attempt; a new one is ordered by it."""
    guid: wire.Line
    """Names the event, the same for all its attempts: `X-GitHub-Delivery`."""
    delivered_at: AwareDatetime
    event: wire.Line = ""
    action: wire.Line | None = None
    status_code: int = 0
    """What the receiver answered; 0 where it did not."""

    @property
    def arrived(self) -> bool:
        """Whether the receiver took it."""
        return 0 < self.status_code < _FIRST_FAILURE


_DELIVERIES = TypeAdapter(tuple[HookDelivery, ...])


async def changed_issues(
    github: GitHub, source: str, repository: RepositoryName, label: str, since: datetime
) -> list[Fetched]:
    """The open issues with a label that changed since a moment, the longest unchanged first; no pull requests.

    Raises:
        errors.BadInput: the label cannot be asked for.
        errors.JcaError: as `GitHub.get`.
    """
    if not label or "," in label:
        raise errors.BadInput(f"{label!r} cannot be looked for: a comma separates labels.", remedy="Rename the label.")
    params = {"labels": label, "since": stamp(since), "state": "open", "sort": "updated", "direction": "asc"}
    question = Question(repository, ISSUES, "/issues", f"list the issues of {repository}", params)
    listed = [fetched(source, repository, issue) async for issue in github.pages(_ISSUES, question)]
    return [issue for issue in listed if not issue.is_pull_request]


async def failed_deliveries(transport: Transport, app: AppCredential, since: datetime) -> list[HookDelivery]:
    """The last attempts of the App's events since a moment that never arrived, oldest first.

    GitHub tries once and keeps three days:
    https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries

    Raises:
        errors.JcaError: as `Transport.send`.
    """
    latest: dict[str, HookDelivery] = {}
    arrived: set[str] = set()
    request = Request("GET", "/app/hook/deliveries", "list the deliveries of the App", {"per_page": "100"})
    for _ in range(DELIVERY_PAGES):
        answer = await transport.send(request, app.app_grant())
        listed = wire.read(_DELIVERIES, answer.body, request.doing)  # the newest first
        recent = [delivery for delivery in listed if delivery.delivered_at >= since]
        for delivery in recent:
            latest.setdefault(delivery.guid, delivery)
            arrived |= {delivery.guid} if delivery.arrived else set()
        if not answer.next_page or len(recent) < len(listed):
            break
        request = Request("GET", answer.next_page, request.doing)
    return [delivery for guid, delivery in reversed(latest.items()) if guid not in arrived]


async def redeliver(transport: Transport, app: AppCredential, delivery: HookDelivery) -> None:
    """Have GitHub send an event of the App once more.

    Raises:
        errors.JcaError: as `Transport.send`.
    """
    path, doing = f"/app/hook/deliveries/{delivery.id}/attempts", "order a delivery once more"
    await transport.send(Request("POST", path, doing), app.app_grant())

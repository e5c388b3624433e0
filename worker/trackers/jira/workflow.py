"""Moving an issue to a status, by the status's name: what leads there is the workflow's business."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter

from jobs import errors
from worker.trackers.jira import wire
from worker.trackers.jira.client import Call, Jira
from worker.trackers.jira.site import issue_path

_ISSUE = TypeAdapter(wire.Issue)
_TRANSITIONS = TypeAdapter(wire.Transitions)

log = structlog.get_logger()


@dataclass(frozen=True)
class Moved:
    """The issue is where it should be."""

    status: str
    already: bool = False
    """It was there before."""


@dataclass(frozen=True)
class NotMoved:
    """The issue stays where it is. A warning: no job fails for it."""

    warning: str
    """A sentence for people, with what is possible."""


async def move(jira: Jira, key: str, target: str) -> Moved | NotMoved:
    """Bring an issue to the status called `target`, without regard to case, in one step. Repeating it changes nothing.

    Raises:
        errors.TryAgain: it did not work this time.
        errors.JcaError: as `Jira.ask`.
    """
    doing = f"move {key} to {target}"
    issue = await jira.get(_ISSUE, Call(issue_path(key), f"read {key}", params={"fields": "status"}))
    current = issue.fields.status.name
    if current.casefold() == target.casefold():
        return Moved(current, already=True)
    path = f"{issue_path(key)}/transitions"
    open_steps = (await jira.get(_TRANSITIONS, Call(path, doing))).transitions
    step = next((step for step in open_steps if step.to.name.casefold() == target.casefold()), None)
    if step is None:
        reachable = ", ".join(sorted({step.to.name for step in open_steps})) or "nothing"
        return _warned(
            key, f"{key} cannot go from {current} to {target}: from there the workflow leads to {reachable}."
        )
    call = Call(path, doing, "Transition Issues", body={"transition": {"id": step.id}})
    try:
        await jira.ask("POST", call)
    except (errors.Refused, errors.NotReady) as error:
        return _warned(key, str(error))
    except errors.Conflict as error:
        raise errors.TryAgain(error.message) from error
    return Moved(step.to.name)


def _warned(key: str, warning: str) -> NotMoved:
    log.warning("jira_not_moved", issue=key, warning=warning)
    return NotMoved(warning)

"""Changing what an issue carries: labels, assignee, the link to its pull request. All of it may be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from jobs import errors
from worker.markdown import is_web_link
from worker.trackers.jira.client import Call, Jira
from worker.trackers.jira.site import issue_path

LONGEST_LABEL = 255  # characters
LONGEST_TITLE = 255  # characters of a link's title
LONGEST_GLOBAL_ID = 255


@dataclass(frozen=True)
class Link:
    """A pull request as an issue shows it."""

    url: str
    title: str
    summary: str = ""
    resolved: bool = False
    """Merged or closed: shown struck through."""

    @property
    def global_id(self) -> str:
        """What Jira knows the link by, so that there is one however often it is made."""
        plain = f"jca={self.url}"
        if len(plain) <= LONGEST_GLOBAL_ID:
            return plain
        return f"jca-sha256={hashlib.sha256(self.url.encode()).hexdigest()}"


async def change_labels(jira: Jira, key: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """Add and remove labels; the others stay.

    Raises:
        errors.BadInput: a label has spaces, is empty or too long.
        errors.JcaError: as `Jira.ask`.
    """
    steps = [{"add": _label(label)} for label in add] + [{"remove": _label(label)} for label in remove]
    if steps:
        body = {"update": {"labels": steps}}
        await jira.ask("PUT", Call(issue_path(key), f"change the labels of {key}", "Edit Issues", body=body))


async def assign(jira: Jira, key: str, account: str | None) -> None:
    """Give an issue to an account, by `accountId` in Cloud and by name in Data Center; None: to nobody.

    Raises:
        errors.JcaError: as `Jira.ask`.
    """
    body = {"accountId" if jira.site.is_cloud else "name": account}
    await jira.ask("PUT", Call(f"{issue_path(key)}/assignee", f"assign {key}", "Assign Issues", body=body))


async def link_pull_request(jira: Jira, key: str, link: Link) -> None:
    """Show a pull request among the issue's links, or bring the link that is there up to date.

    https://developer.atlassian.com/server/jira/platform/jira-rest-api-for-remote-issue-links/

    Raises:
        errors.BadInput: it is no web address.
        errors.JcaError: as `Jira.ask`.
    """
    if not is_web_link(link.url):
        raise errors.BadInput("The address of the pull request is no web address.")
    shown = {
        "url": link.url,
        "title": " ".join(link.title.split())[:LONGEST_TITLE] or link.url[:LONGEST_TITLE],
        "summary": " ".join(link.summary.split())[:LONGEST_TITLE],
        "status": {"resolved": link.resolved},
    }
    body = {
        "globalId": link.global_id,
        "application": {"type": "dev.jca", "name": "JCA"},
        "relationship": "pull request",
        "object": shown,
    }
    await jira.ask(
        "POST", Call(f"{issue_path(key)}/remotelink", f"link {key} to its pull request", "Link Issues", body=body)
    )


def _label(label: str) -> str:
    if not label or len(label) > LONGEST_LABEL or any(char.isspace() for char in label):
        raise errors.BadInput(f"{label[:80]!r} cannot be a label in Jira: it has spaces, is empty or too long.")
    return label

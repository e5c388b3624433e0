"""The content of a file that hangs at an issue, fetched from nowhere but this Jira."""

from __future__ import annotations

import httpx
from pydantic import TypeAdapter

from jobs import errors
from jobs.attachment import LARGEST_FILE, Attachment
from worker.trackers.jira import issues, wire
from worker.trackers.jira.client import Call, Jira, TooLarge
from worker.trackers.jira.site import Site, issue_path

_ISSUE = TypeAdapter(wire.Issue)


async def content(jira: Jira, key: str, announced: Attachment) -> bytes:
    """Read a file of an issue, at most as large as it was announced.

    Raises:
        errors.NotFound: it hangs at the issue no more, or our account may not see it.
        errors.Refused: it is another than was announced, larger, larger than anything we take, or lies elsewhere.
        errors.JcaError: as `Jira.get`.
    """
    doing = f"read the attachment {announced.id} of {key}"
    if announced.size > LARGEST_FILE:
        raise errors.Refused(f"We do not {doing}: it is larger than {LARGEST_FILE // 1024} KiB.")
    file = await _present(jira, key, announced, doing)
    call = _on_cloud(file, doing) if jira.site.is_cloud else _on_data_center(jira.site, file, doing)
    try:
        return await jira.ask("GET", call)
    except TooLarge as error:
        raise errors.Refused(error.message, remedy="Attach it again, then retry the job.") from None


async def _present(jira: Jira, key: str, announced: Attachment, doing: str) -> wire.Attachment:
    """The file as it hangs there now."""
    call = Call(issue_path(key), doing, params={"fields": "attachment"}, api=issues.READING)
    issue = await jira.get(_ISSUE, call)
    file = next((file for file in issue.fields.attachment if file.id == announced.id), None)
    if file is None:
        raise errors.NotFound(f"{key} has no attachment {announced.id} any more.", remedy="Attach it again.")
    if _marks(issues.attachment(file)) != _marks(announced):
        message = f"The attachment {announced.id} of {key} is not the one that was there when the job was admitted."
        raise errors.Refused(message, remedy="Retry the job, so that it is looked at again.")
    return file


def _marks(attachment: Attachment) -> tuple[object, ...]:
    """What makes a file that file; people may change their names."""
    author = attachment.author.id if attachment.author else None
    return attachment.name, attachment.size, attachment.media_type, author, attachment.created_at


def _on_cloud(file: wire.Attachment, doing: str) -> Call:
    """Cloud redirects to a host that our credential is none of the business of, unless it is told not to."""
    params = {"redirect": "false"}
    return Call(f"/attachment/content/{file.id}", doing, params=params, accept="*/*", largest=file.size)


def _on_data_center(site: Site, file: wire.Attachment, doing: str) -> Call:
    return Call(_below(site, file.content, doing), doing, api="", accept="*/*", largest=file.size)


def _below(site: Site, address: str, doing: str) -> str:
    """Path and query of an address below the site: our credential is shown to nobody else."""
    remedy = "Configure the base URL that Jira shows in its general settings."
    try:
        there, here = httpx.URL(address), httpx.URL(f"{site.url}/")
    except httpx.InvalidURL:
        raise errors.Refused(f"We could not {doing}: it has no address.", remedy=remedy) from None
    origins = {(url.scheme, url.host, url.port, url.userinfo) for url in (there, here)}
    if len(origins) > 1 or not there.raw_path.startswith(here.raw_path):
        raise errors.Refused(f"We do not {doing}: it lies outside of {site.url}.", remedy=remedy)
    return there.raw_path[len(here.raw_path) - 1 :].decode("ascii")

"""One comment per job on its ticket: found again by its mark and its author, edited rather than doubled."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from jobs import errors
from jobs.adf import visible_body
from jobs.ticket import Person
from worker.trackers.jira import adf, wiki, wire
from worker.trackers.jira.client import Call, Jira
from worker.trackers.jira.faults import Uncertain
from worker.trackers.jira.markdown import shorten
from worker.trackers.jira.people import myself
from worker.trackers.jira.site import issue_path
from worker.trackers.protocol import Remark

PROPERTY = "jca.job"
"""Key of the property that a comment of ours is known by. People do not see properties:
https://developer.atlassian.com/cloud/jira/platform/jira-entity-properties/"""

PAGE = 100  # comments
PAGES = 50  # of one issue; in more than 5,000 comments ours is not looked for

_COMMENT = TypeAdapter(wire.Comment)
_COMMENTS = TypeAdapter(wire.Comments)
_JOB = re.compile(r"[A-Za-z0-9]{1,64}")


@dataclass(frozen=True)
class Posted:
    """The comment as it is now."""

    id: str
    url: str


def footer(job_id: str) -> str:
    """The last line of a job's comment, by which it is known where a server keeps no properties.

    Raises:
        errors.BadInput: a job cannot be called so.
    """
    if not _JOB.fullmatch(job_id):
        raise errors.BadInput(f"{job_id[:80]!r} is not the identifier of a job.")
    return f"JCA job {job_id}"


async def post(jira: Jira, key: str, job_id: str, markdown: str) -> Posted:
    """Show `markdown` in the job's comment: the one that is there, or a new one. Repeating it changes nothing.

    Raises:
        errors.TryAgain: it is open whether it is there; the next call finds out.
        errors.JcaError: as `Jira.ask`.
    """
    body = await asyncio.to_thread(_rendered, jira, markdown, footer(job_id))  # a long report takes its time
    found = await _find(jira, key, job_id)
    if found is None:
        found = await _create(jira, key, job_id, body)
    elif not _same(found.body, body):
        try:
            await _edit(jira, key, found.id, body)
        except errors.NotFound:  # somebody deleted it between the two requests
            found = await _create(jira, key, job_id, body)
    return Posted(found.id, _url(jira, key, found.id))


async def said_since(jira: Jira, key: str, moment: datetime, us: Person) -> AsyncIterator[Remark]:
    """What people but `us` said below an issue since a moment and nobody has edited, oldest first.

    Raises:
        errors.JcaError: as `Jira.get`.
    """
    async for comment in _listed(jira, key, "read the comments of"):
        author = comment.author.person() if comment.author else None
        if author is None or author.is_bot or author.id == us.id or comment.created is None:
            continue
        if comment.created >= moment and comment.updated in {None, comment.created}:
            text, flavor = visible_body(comment.body)
            yield Remark(comment.id, key, author, text, flavor, _url(jira, key, comment.id), comment.created)


async def _create(jira: Jira, key: str, job_id: str, body: object) -> wire.Comment:
    content = {"body": body, "properties": [{"key": PROPERTY, "value": {"job": job_id}}]}
    call = Call(f"{issue_path(key)}/comment", f"comment on {key}", "Add Comments", body=content)
    try:
        return wire.read(_COMMENT, await jira.ask("POST", call), call.doing)
    except Uncertain:
        found = await _find(jira, key, job_id)
        if found is None:
            raise
        return found


async def _edit(jira: Jira, key: str, comment_id: str, body: object) -> None:
    params = {"notifyUsers": "false"} if jira.site.is_cloud else {}
    path = f"{issue_path(key)}/comment/{comment_id}"
    call = Call(path, f"edit our comment on {key}", "Edit Own Comments", params, {"body": body})
    await jira.ask("PUT", call)


async def _find(jira: Jira, key: str, job_id: str) -> wire.Comment | None:
    """The comment with the job's mark; one of another author is not ours, whatever it says."""
    us, mark = (await myself(jira)).id, footer(job_id)
    async for comment in _listed(jira, key, "look for our comment on"):
        if comment.author and comment.author.id == us and _marked(comment, job_id, mark):
            return comment
    return None


async def _listed(jira: Jira, key: str, doing: str) -> AsyncIterator[wire.Comment]:
    seen = 0
    for _ in range(PAGES):
        params = {"startAt": str(seen), "maxResults": str(PAGE), "orderBy": "created", "expand": "properties"}
        call = Call(f"{issue_path(key)}/comment", f"{doing} {key}", params=params)
        page = await jira.get(_COMMENTS, call)
        for comment in page.comments:
            yield comment
        seen += len(page.comments)
        if not page.comments or seen >= page.total:
            return
    raise errors.Refused(f"{key} has more than {PAGES * PAGE} comments, too many to {doing} it.")


def _url(jira: Jira, key: str, comment_id: str) -> str:
    return f"{jira.site.url}/browse/{key}?focusedCommentId={comment_id}"


def _marked(comment: wire.Comment, job_id: str, mark: str) -> bool:
    for kept in comment.properties:
        if kept.key == PROPERTY:
            return isinstance(kept.value, dict) and kept.value.get("job") == job_id
    return visible_body(comment.body)[0].rstrip().endswith(f"\n{mark}")


def _rendered(jira: Jira, markdown: str, last: str) -> object:
    if jira.site.is_cloud:
        return adf.document(*shorten(markdown, adf.size, last))
    return wiki.markup(*shorten(markdown, wiki.size, last))


def _same(there: object, ours: object) -> bool:
    if isinstance(there, str) and isinstance(ours, str):
        return there.replace("\r\n", "\n").strip() == ours.strip()
    return there == ours

"""Which issues there are: the search that finds what no webhook told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from jobs import errors
from worker.trackers.jira import wire
from worker.trackers.jira.client import Call, Jira
from worker.trackers.jira.jql import Query

PAGE = 100  # issues
PAGES = 100  # of one search; longer ones need a narrower question

_Place = dict[str, int | str]
"""Where a search goes on, as part of its next request."""

_HITS = TypeAdapter(wire.Hits)


@dataclass(frozen=True)
class Hit:
    """An issue that was found; read it to see what it says."""

    key: str
    updated_at: datetime | None


async def search(jira: Jira, query: Query) -> AsyncIterator[Hit]:
    """Find issues, each once; stop early to save requests.

    Raises:
        errors.BadInput: the question cannot be asked.
        errors.Refused: there are more than 10,000, or Jira does not know a value.
        errors.JcaError: as `Jira.get`.
    """
    text = query.text()
    seen: set[str] = set()
    place: _Place = {} if jira.site.is_cloud else {"startAt": 0}
    for _ in range(PAGES):
        hits = await _page(jira, text, place)
        for hit in hits.issues:
            if hit.key not in seen:
                seen.add(hit.key)
                yield Hit(hit.key, hit.fields.updated)
        following = _next(jira, hits, place)
        if following is None:
            return
        place = following
    raise errors.Refused(f"Jira finds more than {PAGES * PAGE} issues.", remedy="Search fewer projects or labels.")


async def _page(jira: Jira, text: str, place: _Place) -> wire.Hits:
    # Cloud took /search away: https://developer.atlassian.com/changelog/#CHANGE-2046
    path = "/search/jql" if jira.site.is_cloud else "/search"
    body = {"jql": text, "maxResults": PAGE, "fields": ["updated"], **place}
    call = Call(path, "search for issues", body=body)
    return wire.read(_HITS, await jira.ask("POST", call), call.doing)


def _next(jira: Jira, hits: wire.Hits, place: _Place) -> _Place | None:
    """Where to go on; None at the end."""
    if jira.site.is_cloud:
        token = hits.next_page
        stuck = token == place.get("nextPageToken")
        return None if not token or hits.is_last or stuck else {"nextPageToken": token}
    reached = int(place["startAt"]) + len(hits.issues)
    return {"startAt": reached} if hits.issues and reached < (hits.total or 0) else None

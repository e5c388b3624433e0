"""Whether a configured repository lives on one GitHub. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from jobs.repository import Repository
from worker.trackers.github.names import Endpoint

_SCP_LIKE = re.compile(r"[^@/:]+@(?P<host>[^@/:]+):[^/].*")


def lives_on(repository: Repository, endpoint: Endpoint) -> bool:
    """Whether the address of a repository is one of that GitHub: over https of its very host and port, or over ssh."""
    web = urlsplit(endpoint.web)
    if match := _SCP_LIKE.fullmatch(repository.url):
        return match["host"].casefold() == web.hostname
    parts = urlsplit(repository.url)
    if parts.scheme == "ssh":
        return parts.hostname == web.hostname
    return (parts.scheme, parts.netloc.casefold()) == (web.scheme, web.netloc.casefold())

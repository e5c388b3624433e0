"""How things are addressed on GitHub: an installation's address, a repository's name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs import errors
from worker.trackers.addresses import is_base, split

GITHUB_COM = "https://api.github.com"

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})")  # `_`: users an enterprise manages are `name_company`
_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class RepositoryName:
    """`owner/name`."""

    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> RepositoryName:
        """Read `owner/name`.

        Raises:
            errors.BadInput: it is not one.
        """
        owner, _, name = text.partition("/")
        if not (_OWNER.fullmatch(owner) and _NAME.fullmatch(name)):
            raise errors.BadInput(f"{text[:200]!r} is not a repository on GitHub; it is written owner/name.")
        return cls(owner, name)

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Endpoint:
    """Where one GitHub answers: its REST and GraphQL interfaces and its pages."""

    rest: str
    graphql: str
    web: str
    """Scheme and host of pages and of git over https, ending in `/`."""

    @classmethod
    def of(cls, rest: str = GITHUB_COM) -> Endpoint:
        """Derive all three from the base of the REST interface.

        `https://api.github.com`, `https://api.COMPANY.ghe.com`, or `https://HOST/api/v3` of an Enterprise Server:
        https://docs.github.com/en/enterprise-server@latest/rest/using-the-rest-api/getting-started-with-the-rest-api

        Raises:
            errors.BadInput: it is no address, or one where the credential would travel in the clear.
        """
        rest = rest.rstrip("/")
        if not is_base(rest):
            remedy = f"Use {GITHUB_COM}, or https://HOST/api/v3 for GitHub Enterprise Server."
            raise errors.BadInput("The address of GitHub's API is not a plain https address.", remedy=remedy)
        parts = split(rest)
        web = f"{parts.scheme}://{parts.netloc.removeprefix('api.')}/"
        graphql = f"{web}api/graphql" if parts.path.endswith("/api/v3") else f"{rest}/graphql"
        return cls(rest, graphql, web)

    def owns(self, url: str) -> bool:
        """Whether a URL is of the very scheme, host and port that the credential may be sent to."""
        ours, theirs = split(self.rest), split(url)
        return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)

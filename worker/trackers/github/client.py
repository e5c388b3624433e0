"""GitHub as the verbs see it: ask about one repository with just the rights that takes, and read what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter

from jobs import errors
from worker.trackers.addresses import segment
from worker.trackers.github import faults, wire
from worker.trackers.github.credentials import Credential, Permissions
from worker.trackers.github.names import Endpoint, RepositoryName
from worker.trackers.github.transport import Answer, Request, Transport

PAGE = 100  # entries; the most GitHub gives
PAGES = 100  # of one listing; longer ones need a narrower question

_Read = TypeVar("_Read")


class _QueryErrors(wire.Wire):
    errors: tuple[dict[str, object], ...] = ()


_QUERY_ERRORS = TypeAdapter(_QueryErrors)


@dataclass(frozen=True)
class Question:
    """What to ask about one repository."""

    repository: RepositoryName
    needs: Permissions
    path: str
    """Below the repository: `/issues/7`."""
    doing: str
    """What is tried, for people: "read acme/payments#7"."""
    params: Mapping[str, str] = field(default_factory=dict)

    def request(self, method: str, body: object = None) -> Request:
        """The request that asks it."""
        path = f"/repos/{segment(self.repository.owner)}/{segment(self.repository.name)}{self.path}"
        return Request(method, path, self.doing, self.params, body)


class GitHub:
    """One GitHub with one identity on it.

    Args:
        transport: the way there; the caller closes it.
        credential: the identity.
    """

    def __init__(self, transport: Transport, credential: Credential) -> None:
        self.transport = transport
        self.credential = credential

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers."""
        return self.transport.endpoint

    async def get(self, shape: TypeAdapter[_Read], question: Question) -> _Read:
        """Read one thing.

        Raises:
            errors.NotReady: what came back is not what every GitHub sends.
            errors.JcaError: as `Transport.send`.
        """
        answer = await self._send(question.request("GET"), question)
        return wire.read(shape, answer.body, question.doing)

    async def pages(self, shape: TypeAdapter[tuple[_Read, ...]], question: Question) -> AsyncIterator[_Read]:
        """Read a listing to its end; stop early to save requests.

        Raises:
            errors.Refused: it has more than 10,000 entries.
            errors.JcaError: as `get`.
        """
        request = question.request("GET")
        request = Request("GET", request.path, request.doing, {**question.params, "per_page": str(PAGE)})
        for _ in range(PAGES):
            answer = await self._send(request, question)
            for entry in wire.read(shape, answer.body, question.doing):
                yield entry
            if not answer.next_page:
                return
            request = Request("GET", answer.next_page, question.doing)
        raise errors.Refused(f"GitHub lists more than {PAGES * PAGE} entries when we tried to {question.doing}.")

    async def write(self, method: str, shape: TypeAdapter[_Read], question: Question, body: object = None) -> _Read:
        """Change one thing. After `errors.TryAgain` other than `RateLimited` it is open whether that was done.

        Raises:
            errors.JcaError: as `get`.
        """
        answer = await self._send(question.request(method, body), question)
        return wire.read(shape, answer.body, question.doing)

    async def query(
        self, shape: TypeAdapter[_Read], text: str, variables: Mapping[str, object], question: Question
    ) -> _Read:
        """Ask GraphQL, for what REST does not tell; `question` names repository, rights and purpose.

        Raises:
            errors.JcaError: as `get`.
        """
        body = {"query": text, "variables": dict(variables)}
        request = Request("POST", self.endpoint.graphql, question.doing, body=body, spaced=False)
        answer = await self._send(request, question)
        if told := wire.read(_QUERY_ERRORS, answer.body, question.doing).errors:
            raise faults.query_fault(told, question.doing)
        return wire.read(shape, answer.body, question.doing)

    async def _send(self, request: Request, question: Question) -> Answer:
        grant = await self.credential.grant(question.repository, question.needs)
        try:
            return await self.transport.send(request, grant)
        except faults.CredentialRefused:
            if not await self.credential.forget(grant):
                raise
        return await self.transport.send(request, await self.credential.grant(question.repository, question.needs))

"""The executor's side of the cluster API."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from jobs import errors
from jobs.attachment import Attachment
from jobs.catalog import ProviderProfile
from jobs.errand import Errand
from jobs.order import WorkOrder
from jobs.repository import Repository
from worker.executor.desk import Lease
from worker.sandbox import remote
from worker.sandbox.git import GitCredential

PATIENCE = 10.0  # seconds one answer may take
TRACKER_PATIENCE = 60.0  # seconds, where the gateway has to ask a tracker for what it answers

_Record = TypeVar("_Record", bound=BaseModel)

_FINAL: Mapping[str, type[errors.JcaError]] = {
    "lost_lease": errors.LostLease,
    "not_ready": errors.NotReady,
    "not_found": errors.NotReady,
    "refused": errors.NotReady,
}
"""What the gateway says that asking again does not change."""

_LOCAL = "http://gateway"
"""Names nothing: over a unix socket no host is looked up."""


class _Profiles(BaseModel):
    model_config = ConfigDict(frozen=True)

    profiles: tuple[ProviderProfile, ...]


class _Current(BaseModel):
    model_config = ConfigDict(frozen=True)

    current: bool


class _Lent(BaseModel):
    model_config = ConfigDict(frozen=True)

    host_url: str
    header: SecretStr


class _GitCredential(BaseModel):
    model_config = ConfigDict(frozen=True)

    credential: _Lent | None
    """None: the repository's host is none that the gateway has access to."""


class _Problem(BaseModel):
    model_config = ConfigDict(frozen=True)

    error: str
    message: str
    remedy: str = ""


class GatewayClient:
    """Asks one gateway; hands out what a run may use.

    Args:
        address: path of the gateway's unix socket, or `https://…`.
        token: the cluster token.
    """

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        is_url = address.startswith(("http://", "https://"))
        self._http = httpx.AsyncClient(
            base_url=address if is_url else _LOCAL,
            transport=None if is_url else httpx.AsyncHTTPTransport(uds=address),
            headers={"Authorization": f"Bearer {token}"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def profiles(self) -> tuple[ProviderProfile, ...]:
        """Every enabled provider profile with its key.

        Raises:
            errors.TryAgain: the gateway does not answer.
            errors.NotReady: it does not know this token, or speaks another version.
        """
        return self._read(_Profiles, await self._ask("GET", "/cluster/v1/profiles")).profiles

    async def provider(self, name: str) -> ProviderProfile:
        """One provider profile with its key, as it is now.

        Raises:
            errors.TryAgain: the gateway does not answer.
            errors.NotReady: there is no such profile any more.
        """
        for profile in await self.profiles():
            if profile.name == name:
                return profile
        raise errors.NotReady(f"There is no enabled provider {name} any more.", remedy="Enable it or choose another.")

    async def current(self, dispatch_id: str, token: str) -> bool:
        """Whether the claim with this fencing token still holds its run.

        Raises:
            errors.TryAgain: the gateway does not answer.
            errors.NotReady: it does not know this token, or speaks another version.
        """
        claim = {"dispatch_id": dispatch_id, "token": token}
        return self._read(_Current, await self._ask("POST", "/cluster/v1/runs/current", claim)).current

    async def git(self, order: WorkOrder, lease: Lease, repository: Repository, *, write: bool) -> GitCredential | None:
        """What git shows to the host of a repository of the order; None: git needs nothing of ours.

        Raises:
            errors.LostLease: another worker has the job.
            errors.TryAgain: the gateway does not answer, or the code host does not answer it.
            errors.NotReady: the gateway's access does not reach this repository.
        """
        if remote.transport(repository.url) != "https":
            return None
        claim = {"dispatch_id": order.dispatch_id, "token": lease.token, "write": write}
        return await self._lent("runs", claim | {"repository": repository.alias})

    async def attachment(self, order: WorkOrder, lease: Lease, attachment: Attachment) -> bytes:
        """The content of a file of the order's ticket.

        Raises:
            errors.LostLease: another worker has the job.
            errors.TryAgain: the gateway does not answer, or the tracker does not answer it.
            errors.NotReady: the file is gone, or is another than the job was admitted with.
        """
        claim = {"dispatch_id": order.dispatch_id, "token": lease.token, "id": attachment.id}
        return await self._ask("POST", "/cluster/v1/runs/attachment", claim, patience=TRACKER_PATIENCE)

    async def fetching(self, errand: Errand) -> GitCredential | None:
        """What git shows to the host of the repository an errand is about; None: it needs nothing of ours.

        Raises:
            errors.TryAgain: the gateway does not answer, or the code host does not answer it.
            errors.NotReady: the gateway's access does not reach this repository.
        """
        return await self._lent("errands", {"errand": errand.id})

    async def _lent(self, to: str, question: Mapping[str, object]) -> GitCredential | None:
        content = await self._ask("POST", f"/cluster/v1/{to}/git-credential", question)
        lent = self._read(_GitCredential, content).credential
        return GitCredential(lent.host_url, lent.header) if lent else None

    async def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, patience: float = PATIENCE
    ) -> bytes:
        try:
            answer = await self._http.request(method, path, json=body, timeout=patience)
        except httpx.TransportError as error:
            message = f"The gateway does not answer at {self._address}: {error or type(error).__name__}."
            raise errors.TryAgain(message, remedy="Start it with `jca gateway` or `jca up`.") from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            remedy = "Give both the same JCA_CLUSTER_TOKEN."
            raise errors.NotReady(f"The gateway at {self._address} does not know this cluster token.", remedy=remedy)
        if answer.is_error:
            raise self._fault(answer)
        return answer.content

    def _fault(self, answer: httpx.Response) -> errors.JcaError:
        try:
            problem = _Problem.model_validate_json(answer.content)
        except ValidationError:
            problem = _Problem(error="", message=answer.text[:300])
        if kind := _FINAL.get(problem.error):
            return kind(problem.message, remedy=problem.remedy)
        return errors.TryAgain(f"The gateway at {self._address} answered {answer.status_code}: {problem.message}")

    def _read(self, model: type[_Record], content: bytes) -> _Record:
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            message = f"The gateway at {self._address} speaks another version: {error.error_count()} fields do not fit."
            raise errors.NotReady(message, remedy="Run the same version of JCA on both sides.") from None

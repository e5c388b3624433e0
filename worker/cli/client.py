"""The command line's way to the gateway: its JSON API, with the token from the state directory."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from jobs import actors, errors, settings

TOKEN_FILE = "api-token"  # noqa: S105 - the name of the file
PATIENCE = httpx.Timeout(30.0, connect=5.0)  # seconds

_KINDS: dict[str, type[errors.JcaError]] = {
    "not_found": errors.NotFound,
    "bad_input": errors.BadInput,
    "refused": errors.Refused,
    "conflict": errors.Conflict,
    "not_ready": errors.NotReady,
    "try_again": errors.TryAgain,
}
"""Errors by the word the API answers with."""


class NotRunning(errors.NotReady):
    """JCA is not running here. Start it with `jca up`."""


@dataclass(frozen=True)
class ServerEvent:
    """One Server-Sent Event."""

    name: str
    data: str
    id: str = ""


class Gateway:
    """One open connection to the JSON API.

    Args:
        address: `http://127.0.0.1:8010`.
        token: what the API takes as bearer token.
    """

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._http = httpx.Client(
            base_url=f"{address}/api/v1/",
            headers={"Authorization": f"Bearer {token}", **_acting()},
            timeout=PATIENCE,
            trust_env=False,  # the way to one's own gateway leads through no proxy
        )

    @classmethod
    def here(cls) -> Self:
        """The gateway of this installation.

        Raises:
            NotRunning: it has never been started: there is no token.
        """
        config = settings.load()
        try:
            token = (config.state_dir / TOKEN_FILE).read_text().strip()
        except OSError as error:
            raise _absent(config.api_url) from error
        return cls(config.api_url, token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        """Ask for a record; empty query values are left out."""
        return self._send("GET", path, query=query).json()

    def text(self, path: str, **query: object) -> httpx.Response:
        """Ask for text; the response also has the headers. Empty query values are left out."""
        return self._send("GET", path, query=query)

    def post(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask for a change and return the record it leads to."""
        return self._send("POST", path, body=body).json()

    def patch(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """Ask for a change of some fields and return the record it leads to."""
        return self._send("PATCH", path, body=body).json()

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Ask for a removal and return the record that is answered; None where there is none."""
        answer = self._send("DELETE", path)
        return answer.json() if answer.content else None

    def follow(self, path: str, after: str = "") -> Iterator[ServerEvent]:
        """Events as they come, until the server ends the stream.

        Raises:
            errors.TryAgain: the connection broke; what was read so far is complete.
        """
        headers = {"Last-Event-ID": after} if after else {}
        patience = httpx.Timeout(60.0, connect=5.0)  # the server says something every 15 seconds
        with self._reaching(), self._http.stream("GET", path, headers=headers, timeout=patience) as answer:
            if answer.is_error:
                answer.read()
                raise problem(answer)
            yield from events(answer.iter_lines())

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: object = None,
    ) -> httpx.Response:
        wanted = {name: value for name, value in (query or {}).items() if value not in (None, "", ())}
        with self._reaching():
            answer = self._http.request(method, path, params=wanted, json=body)
        if answer.is_error:
            raise problem(answer)
        return answer

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise _absent(self._address) from error
        except httpx.TransportError as error:
            message = f"The gateway at {self._address} stopped answering: {error or type(error).__name__}."
            raise errors.TryAgain(message) from error


def _acting() -> dict[str, str]:
    """Who runs this command, for the audit log; nobody where the system has no name for the user."""
    try:
        name = actors.of_command_line(getpass.getuser())
    except (KeyError, OSError):
        return {}
    return {actors.HEADER: name} if name else {}


def problem(answer: httpx.Response) -> errors.JcaError:
    """The error that a failed answer stands for."""
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        remedy = "Use the same JCA_STATE_DIR as the gateway."
        return errors.NotReady(f"The gateway at {answer.url.host} does not take the token found here.", remedy=remedy)
    try:
        said = answer.json()
        kind = _KINDS.get(said["error"], errors.JcaError)
        return kind(said["message"], remedy=said.get("remedy", ""))
    except (ValueError, KeyError, TypeError):
        return errors.JcaError(f"The gateway answered {answer.status_code} without saying why.")


def events(lines: Iterator[str]) -> Iterator[ServerEvent]:
    """Read Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from their lines."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line and "data" in fields:
            yield ServerEvent(fields.get("event", "message"), fields["data"], fields.get("id", ""))
        if not line:
            fields = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value


def _absent(address: str) -> NotRunning:
    return NotRunning(
        f"JCA is not running here: nothing answers at {address}.",
        remedy="Start it with `jca up`.",
    )

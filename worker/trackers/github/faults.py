"""What an answer that is no success means for the caller, and what a person can do about it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

from pydantic import SecretStr

from jobs import errors, redact

LONGEST_WORDS = 300  # characters of GitHub's own that are repeated


class CredentialRefused(errors.NotReady):
    """GitHub does not accept the credential itself. Look whether it has expired, was revoked or was replaced."""


_REFUSED = (errors.Refused, "GitHub refused to {doing}: {words}", "Correct what it names, then try again.")
_NOTHING = (
    errors.NotFound,
    "GitHub found nothing when we tried to {doing}.",
    "Look whether it exists and whether the credential may see its repository.",
)
_KINDS: dict[int, tuple[type[errors.JcaError], str, str]] = {
    HTTPStatus.UNAUTHORIZED: (
        CredentialRefused,
        "GitHub does not accept our credential: we could not {doing}.",
        "Look whether the token has expired or was revoked, or whether the App's key is still its key.",
    ),
    HTTPStatus.NOT_FOUND: _NOTHING,
    HTTPStatus.GONE: _NOTHING,
    HTTPStatus.CONFLICT: (
        errors.Conflict,
        "GitHub could not {doing} because something changed meanwhile: {words}",
        "Look at it on GitHub, then try again.",
    ),
}

_GRANT = "Give it that permission in the settings of the App (then accept it for the installation) or of the token."
_READ_ONLY = ("archived", "locked", "read-only")


def fault(status: int, headers: Mapping[str, str], body: bytes, doing: str, secret: SecretStr) -> errors.JcaError:
    """The error for an answer from 300 on that is not about rate limits.

    Args:
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        body: of the answer; its words are repeated shortened and without `secret`.
        doing: what was tried, completing "GitHub does not let this credential …".
        secret: the credential that was shown.
    """
    words = _words(body, secret)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return errors.TryAgain(f"GitHub answered {status} when we tried to {doing}{_request(headers)}.")
    if status < HTTPStatus.BAD_REQUEST:
        message = f"GitHub sent us elsewhere when we tried to {doing}; a credential is not carried along."
        return errors.NotReady(message, remedy="Use the present name of the repository and the address of its GitHub.")
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(headers, words, doing)
    error, sentence, remedy = _KINDS.get(status, _REFUSED)
    return error(sentence.format(doing=doing, words=words), remedy=remedy)


def _forbidden(headers: Mapping[str, str], words: str, doing: str) -> errors.JcaError:
    if any(sign in words.casefold() for sign in _READ_ONLY):
        return errors.Refused(f"GitHub refused to {doing}: {words}", remedy="It is open to nobody at present.")
    if "x-github-sso" in headers:
        remedy = "Authorise the token for the organisation's single sign-on, in its settings on GitHub."
        return errors.NotReady(
            f"GitHub does not let this credential {doing}: single sign-on is required.", remedy=remedy
        )
    if needed := accepted_permissions(headers):
        return errors.NotReady(f"GitHub does not let this credential {doing}: it needs {needed}.", remedy=_GRANT)
    return errors.NotReady(f"GitHub does not let this credential {doing}: {words}", remedy=_GRANT)


def query_fault(told: tuple[dict[str, object], ...], doing: str) -> errors.JcaError:
    """The error for what GraphQL answers with status 200.

    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """
    kind = str(told[0].get("type", "")) if told else ""
    if kind == "RATE_LIMITED":
        return errors.TryAgain(f"GitHub's rate limit is reached: we could not {doing}.")
    if kind == "NOT_FOUND":
        return errors.NotFound(f"GitHub found nothing when we tried to {doing}.")
    if kind in {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return errors.NotReady(f"GitHub does not let this credential {doing}.", remedy=_GRANT)
    return errors.TryAgain(f"GitHub could not {doing} this time.")


def accepted_permissions(headers: Mapping[str, str]) -> str:
    """The permissions that would have been enough: `issues=write`, or `issues=write or pull_requests=write`.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#insufficient-permission-errors
    """
    sets = headers.get("x-accepted-github-permissions", "").split(";")
    named = [part.strip() for part in sets if re.fullmatch(r"[a-z_]+=[a-z]+(?:,\s*[a-z_]+=[a-z]+)*", part.strip())]
    return " or ".join(named[:5])


def _words(body: bytes, secret: SecretStr) -> str:
    """GitHub's message and what it lists below it, as one short line."""
    try:
        told = json.loads(body[:65_536])
    except (ValueError, RecursionError):
        told = None
    said = [str(told.get("message") or "")] if isinstance(told, dict) else []
    listed = told.get("errors") if isinstance(told, dict) else None
    for entry in listed[:5] if isinstance(listed, list) else []:
        fields = entry if isinstance(entry, dict) else {"message": entry}
        said.append(str(fields.get("message") or " ".join(str(fields.get(key, "")) for key in ("field", "code"))))
    line = " ".join(" ".join(part for part in said if part).split())
    clean = "".join(char for char in redact.redact(line, [secret.get_secret_value()]) if char.isprintable())
    return clean[:LONGEST_WORDS] or "it gave no reason."


def _request(headers: Mapping[str, str]) -> str:
    """GitHub's own number of the request, which its support asks for."""
    number = headers.get("x-github-request-id", "")
    return f" (request {number})" if re.fullmatch(r"[A-F0-9:]{1,80}", number) else ""

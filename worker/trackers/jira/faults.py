"""What an answer that is no success means for the caller, and what a person can do about it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from jobs import errors, redact

LONGEST_WORDS = 300  # characters of Jira's own that are repeated

_CREDENTIAL = (
    "Look whether the token has expired or was revoked, and whether it belongs to the account that is configured."
)


class Uncertain(errors.TryAgain):
    """It is open whether Jira did what we asked. Look before it is done again."""


def fault(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    doing: str,
    needs: str,
    secrets: Iterable[str] = (),
) -> errors.JcaError:
    """The error for an answer that is no success and not about rate limits.

    Args:
        status: of the answer.
        headers: of the answer, looked up without regard to case.
        body: of the answer; its words are repeated shortened and without `secrets`.
        doing: what was tried, completing "Jira refused to …".
        needs: the permission it takes, as Jira's administration names it.
        secrets: what was shown as credential.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return errors.TryAgain(f"Jira answered {status} when we tried to {doing}.")
    if status == HTTPStatus.UNAUTHORIZED or not_logged_in(headers):
        return _credential(headers, doing)
    words = _words(body, secrets)
    if status == HTTPStatus.FORBIDDEN:
        remedy = f"Give our account the permission “{needs}” in the project."
        return errors.NotReady(f"Jira does not let our account {doing}: {words}", remedy=remedy)
    if status < HTTPStatus.BAD_REQUEST:
        message = f"Jira sent us elsewhere when we tried to {doing}; a credential is not carried along."
        return errors.NotReady(message, remedy="Configure the base URL that Jira shows in its general settings.")
    return _about_the_thing(status, doing, words)


def _about_the_thing(status: int, doing: str, words: str) -> errors.JcaError:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        remedy = "Look whether it exists and whether our account has the permission “Browse Projects” there."
        return errors.NotFound(f"Jira found nothing when we tried to {doing} ({status}).", remedy=remedy)
    if status == HTTPStatus.CONFLICT:
        return errors.Conflict(f"Jira could not {doing} because something changed meanwhile: {words}")
    return errors.Refused(f"Jira refused to {doing}: {words}", remedy="Correct what it names, then try again.")


def not_logged_in(headers: Mapping[str, str]) -> bool:
    """Whether Jira took us for nobody: with a bad token it answers as to the public, even with success."""
    return (
        "AUTHENTICATED_FAILED" in headers.get("x-seraph-loginreason", "") or "x-authentication-denied-reason" in headers
    )


def _credential(headers: Mapping[str, str], doing: str) -> errors.NotReady:
    if "CAPTCHA" in headers.get("x-authentication-denied-reason", ""):
        remedy = "Log in once as our account in a browser and solve the CAPTCHA."
        return errors.NotReady(f"Jira wants a CAPTCHA from our account: we could not {doing}.", remedy=remedy)
    return errors.NotReady(f"Jira does not accept our credential: we could not {doing}.", remedy=_CREDENTIAL)


def _words(body: bytes, secrets: Iterable[str]) -> str:
    """Jira's messages as one short line."""
    try:
        told = json.loads(body[:65_536])
    except (ValueError, RecursionError):
        told = None
    fields = told if isinstance(told, dict) else {}
    listed, named = fields.get("errorMessages"), fields.get("errors")
    said = [str(entry) for entry in listed[:5]] if isinstance(listed, list) else []
    said += [f"{name}: {text}" for name, text in list(named.items())[:5]] if isinstance(named, dict) else []
    said += [str(fields["message"])] if isinstance(fields.get("message"), str) else []
    line = redact.redact(" ".join(" ".join(said).split()), secrets)
    return "".join(char for char in line if char.isprintable())[:LONGEST_WORDS] or "it gave no reason."

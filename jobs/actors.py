"""Who acts, as the audit log names it. Pure.

Nobody logs in here: whoever holds the API token, or reaches the pages, may act. A name that a program gives is
therefore what it says of itself, is kept behind `cli:` or `api:`, and can never be taken for one of our own parts.
"""

from __future__ import annotations

import re

from jobs import errors

HEADER = "JCA-Actor"
"""The request header in which a program of the JSON API may say for whom it acts."""

BROWSER = "browser"
"""Whoever uses the pages."""

API = "api"
"""A program that does not say for whom."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,63}\Z")
_CLAIMS = ("cli:", "api:")


def claimed(header: str | None) -> str:
    """The actor that a request's header names: `cli:alice` from our command line, `api:deploy-bot` from anybody else.

    Raises:
        errors.BadInput: it is no name.
    """
    if header is None:
        return API
    via, _, name = header.rpartition(":")
    if via not in {"", "cli"} or not _NAME.match(name):
        remedy = "Give a name of at most 64 letters, digits and ._@+-, such as deploy-bot."
        raise errors.BadInput(f"The header {HEADER} holds no usable name.", remedy=remedy)
    return f"{via or API}:{name}"


def is_claim(actor: str) -> bool:
    """Whether the name is only what a program said of itself."""
    return actor.startswith(_CLAIMS)


def named(actor: str) -> str:
    """An actor as sentences name it: `the dashboard`, `alice`."""
    if actor == BROWSER:
        return "the dashboard"
    return actor.partition(":")[2] if is_claim(actor) else actor


def of_command_line(user: str) -> str:
    """The header of our command line for an operating system's user name; empty when nothing of it can be sent."""
    name = re.sub(r"[^A-Za-z0-9._@+-]", "_", user)[:64].lstrip(".@+-")
    return f"cli:{name}" if name else ""

"""The access to a tracker, from options of the command line. A secret is never one of them: others could see it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from jobs import errors

LONGEST = 65_536  # characters of a secret that are read


def github(app_id: str, private_key_file: Path | None, api_url: str, *, token_stdin: bool) -> dict[str, Any] | None:
    """Access to GitHub; None where no option asks for it.

    Raises:
        errors.BadInput: the options do not go together, or the secret cannot be read.
    """
    given: dict[str, Any] = {"api_url": api_url} if api_url else {}
    if bool(app_id) != (private_key_file is not None):
        raise errors.BadInput("An App needs both `--app-id` and `--private-key-file`.")
    if app_id and private_key_file is not None:
        if token_stdin:
            raise errors.BadInput("Give an App or a token, not both.")
        return given | {"app_id": app_id, "private_key": _file(private_key_file)}
    if token_stdin:
        return given | {"token": _stdin()}
    if given:
        raise errors.BadInput("`--api-url` needs an App or a token beside it.", remedy="Give `--token-stdin`.")
    return None


def jira(url: str, email: str, *, token_stdin: bool) -> dict[str, Any] | None:
    """Access to Jira; None where no option asks for it.

    Raises:
        errors.BadInput: the options do not go together, or the token cannot be read.
    """
    if not (url or email or token_stdin):
        return None
    if not (url and token_stdin):
        missing = "--token-stdin" if url else "--url"
        raise errors.BadInput(f"`{missing}` is missing.", remedy="Jira is reached with an address and a token.")
    return {"url": url, "email": email, "token": _stdin()}


def _file(path: Path) -> str:
    try:
        with path.open() as opened:
            return opened.read(LONGEST)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise errors.BadInput(f"{path} cannot be read: {why}.") from error


def _stdin() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Token", hide_input=True)).strip()
    token = sys.stdin.readline(LONGEST).strip()
    if not token:
        remedy = "Pipe it in: `jca sources add … --token-stdin < token.txt`."
        raise errors.BadInput("There is no token on standard input.", remedy=remedy)
    return token

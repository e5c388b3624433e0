"""What the addresses of all services have in common: which may be called, and how a name becomes a part of a path."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, quote, urlsplit

from jobs import errors


def segment(text: str) -> str:
    """Quote one segment of a path.

    Raises:
        errors.BadInput: nothing by that name can be addressed.
    """
    if text in {"", ".", ".."}:
        raise errors.BadInput(f"{text!r} cannot be a name: a path would not keep it.")
    return quote(text, safe="")


def split(url: str) -> SplitResult:
    """The parts of a URL; of none that can be read, no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def is_base(url: str) -> bool:
    """Whether a URL may be the base of a service's addresses.

    It names a host and nothing beside a path, and no credential crosses a network in the clear on the way there.
    """
    parts = split(url)
    host = parts.hostname or ""
    in_the_clear = parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host))
    return bool(host) and not in_the_clear and parts.username is None and not parts.query and not parts.fragment


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

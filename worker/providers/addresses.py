"""Addresses no provider may have: those where clouds hand out the credentials of the machine."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from jobs import errors

METADATA_HOSTS = frozenset({"metadata.google.internal", "metadata.goog", "instance-data"})
METADATA_ADDRESSES = frozenset({"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200"})
"""AWS, Google and Azure; AWS containers; AWS over IPv6; Alibaba."""


def refuse_metadata(url: str) -> None:
    """Refuse a URL whose host is a metadata service by name or by literal address, in whatever notation.

    Raises:
        errors.Refused: it is one.
    """
    host = (urlsplit(url).hostname or "").rstrip(".").casefold()
    if host in METADATA_HOSTS or _canonical(host) in METADATA_ADDRESSES:
        raise errors.Refused(f"{host} is a metadata service of the machine, not a model provider.")


async def refuse_metadata_behind(url: str) -> None:
    """Refuse a URL whose host name resolves to a metadata service. A name that does not resolve passes.

    Raises:
        errors.Refused: it does.
    """
    refuse_metadata(url)
    host = urlsplit(url).hostname or ""
    with suppress(OSError, UnicodeError):
        for found in await asyncio.get_running_loop().getaddrinfo(host, None):
            if _canonical(str(found[4][0])) in METADATA_ADDRESSES:
                raise errors.Refused(f"{host} leads to a metadata service of the machine, not a model provider.")


def _canonical(host: str) -> str:
    """The usual notation of an address; numbers such as `0xa9fea9fe` are addresses too."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)

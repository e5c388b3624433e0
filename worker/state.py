"""The state directory: one owner, mode 0700, one `jca up` at a time, secrets made on first use."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs import errors

LONGEST_SOCKET_PATH = 107  # bytes; sun_path of unix(7) less its final NUL
LONGEST_SOCKET_NAME = "gateway.sock"


def prepare(directory: Path) -> Path:
    """Make the directory, check that it can be used, and return it.

    Raises:
        errors.NotReady: it cannot be made, written or is too long for a socket; the message says which.
    """
    remedy = "Set JCA_STATE_DIR to a directory you own."
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        probe = directory / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise errors.NotReady(
            f"The state directory {directory} cannot be used: {error.strerror}.", remedy=remedy
        ) from error
    if len(os.fsencode(directory / LONGEST_SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        raise errors.NotReady(f"The state directory {directory} is too long for a unix socket.", remedy=remedy)
    return directory


def secret(directory: Path, name: str) -> str:
    """The secret of this name, made on first use as a file only its owner reads."""
    path = directory / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


@contextmanager
def lock(directory: Path, name: str, purpose: str) -> Iterator[None]:
    """Hold this name alone on this machine.

    Raises:
        errors.Conflict: another process holds it.
    """
    with (directory / f"{name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = f" (process {pid})" if (pid := file.read().strip()) else ""
            remedy = "Stop that one first, or set JCA_STATE_DIR to another directory."
            raise errors.Conflict(f"{purpose} already runs on {directory}{holder}.", remedy=remedy) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield

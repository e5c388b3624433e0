"""What bubblewrap is told: which namespaces, mounts and variables a command gets. Pure.

The options are documented at https://manpages.debian.org/bubblewrap/bwrap.1.en.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.sandbox.limits import Limits

WORKSPACE = "/workspace"
"""Where the tree is inside."""

CONTEXT = "/context"
"""Where that is inside which a job only reads, if there is any."""

_SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
_ENVIRONMENT = {
    "HOME": "/home/agent",
    "LANG": "C.UTF-8",
    "TMPDIR": "/tmp",  # noqa: S108 - a fresh tmpfs of each command
    "CI": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
}
FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/sh\n",
    "/etc/group": "root:x:0:\nagent:x:1000:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
"""Synthetic files: nothing of the host's accounts or names."""

_ISOLATION = (
    "--unshare-all",
    "--unshare-user",  # --unshare-all alone only tries
    *("--uid", "1000", "--gid", "1000", "--hostname", "sandbox"),
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"),
)
_SYSTEM = (
    *("--ro-bind", "/usr", "/usr"),
    *("--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin"),
    *("--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"),
    *("--dir", "/etc", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives"),
    *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
    *("--ro-bind-try", "/etc/ssl/certs", "/etc/ssl/certs"),
    *("--proc", "/proc", "--dev", "/dev"),
)


@dataclass(frozen=True)
class Places:
    """What of the host a command sees beside the system's own programs."""

    tree: Path
    """Becomes the writable `WORKSPACE`."""
    runtimes: tuple[Path, ...] = ()
    """Can be read; the `bin` of each comes first on the search path."""
    context: Path | None = None
    """Can be read as `CONTEXT`."""


def options(places: Places, contents: Mapping[str, int], limits: Limits) -> list[str]:
    """Return the options of bubblewrap, in the order it mounts.

    Args:
        places: what of the host is seen inside.
        contents: open descriptors of the texts of `FILES`, by path.
        limits: sizes of what is kept in memory.
    """
    tmp, shm = str(limits.temporary), str(limits.shared_memory)
    path = ":".join((*(str(runtime / "bin") for runtime in places.runtimes), *_SYSTEM_PATH))
    words = [*_ISOLATION, *_each("--setenv", {"PATH": path, **_ENVIRONMENT}.items()), *_SYSTEM]
    words += ["--size", tmp, "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108 - inside, a fresh tmpfs
    words += ["--size", tmp, "--tmpfs", "/home/agent"]
    words += _each("--ro-bind", ((str(runtime), str(runtime)) for runtime in places.runtimes))
    words += _each("--perms", (("0444", "--file", str(descriptor), name) for name, descriptor in contents.items()))
    words += ["--ro-bind", str(places.context), CONTEXT] if places.context else []
    words += ["--bind", str(places.tree), WORKSPACE]
    words += ["--size", shm, "--perms", "1777", "--tmpfs", "/dev/shm"]  # noqa: S108 - inside, a fresh tmpfs
    # Closed last: / and /dev are tmpfs of half the memory each, and a worker that is root owns /proc/sys.
    return [*words, "--remount-ro", "/", "--remount-ro", "/dev", "--remount-ro", "/proc", "--chdir", WORKSPACE]


def _each(option: str, values: Iterable[Sequence[str]]) -> list[str]:
    return [word for value in values for word in (option, *value)]

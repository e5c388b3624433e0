"""Why bubblewrap does not start, and what an administrator does about it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from jobs import errors


class _Sign(NamedTuple):
    text: str
    sentence: str
    remedy: str


_SIGNS = (
    _Sign(
        "max_*_namespaces exceeded",
        "This machine allows no further user namespaces.",
        "Raise the limit: `sysctl -w user.max_user_namespaces=10000`, and keep it in /etc/sysctl.d.",
    ),
    _Sign(
        "No permissions to create new namespace",
        "This kernel does not let ordinary users create namespaces.",
        "Allow it: `sysctl -w kernel.unprivileged_userns_clone=1`, and keep it in /etc/sysctl.d.",
    ),
    _Sign(
        "Can't mount proc",
        "The container this worker runs in masks /proc, so no process can get one of its own.",
        "Start it with an unmasked /proc (Docker: `--security-opt systempaths=unconfined`; "
        "Kubernetes: `procMount: Unmasked` with `hostUsers: false`).",
    ),
    _Sign(
        "setting up uid map: Permission denied",
        "AppArmor forbids bubblewrap to use user namespaces (Ubuntu 24.04 and later).",
        "Give /usr/bin/bwrap an AppArmor profile with `userns,`, "
        "or `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`.",
    ),
    _Sign(
        "Creating new namespace failed: Operation not permitted",
        "The container this worker runs in forbids new namespaces (its seccomp profile does).",
        "Allow unshare, clone, mount and pivot_root in its seccomp profile.",
    ),
    _Sign(
        "Can't find source path",
        "A path the sandbox should show does not exist on this machine.",
        "Correct the configured runtimes.",
    ),
    _Sign(
        "execvp prlimit",
        "The program `prlimit` is missing.",
        "Install it: `apt install util-linux`.",
    ),
    _Sign(
        "Unknown option",
        "This bubblewrap is too old.",
        "Install version 0.8 or newer: `apt install bubblewrap`.",
    ),
)


def missing() -> errors.NotReady:
    """Return the error for a machine without bubblewrap."""
    return errors.NotReady(
        "The program `bwrap` is missing, so no command can be contained.",
        remedy="Install it: `apt install bubblewrap`.",
    )


def not_ready(output: str) -> errors.NotReady:
    """Say what bubblewrap's own last words mean for the administrator."""
    words = " ".join(output.split())[-300:] or "nothing"
    for sign in _SIGNS:
        if sign.text in output:
            return errors.NotReady(f"{sign.sentence} bubblewrap says: {words}", remedy=sign.remedy)
    return errors.NotReady(
        f"The sandbox could not be set up. bubblewrap says: {words}",
        remedy="Run `jca doctor` as the worker's user.",
    )

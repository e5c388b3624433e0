"""What a configured command expects of its surroundings that the sandbox does not have. Pure.

Commands are run as argument lists, without a shell, and without a network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPERATORS = frozenset({"&&", "||", "|", ";", ">", ">>", "<", "&", "2>&1"})
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_BUILT_IN = frozenset({"cd", "export", "source", ".", "alias", "set"})
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?\Z")

_FETCHERS = frozenset({"curl", "wget", "apt", "apt-get", "apk", "dnf", "yum", "brew", "npx", "ssh", "scp", "rsync"})
_FETCHING = {
    "npm": {"ci", "install", "i", "add", "update"},
    "pnpm": {"install", "i", "add", "fetch", "update"},
    "yarn": {"install", "add", "upgrade"},
    "bun": {"install", "add", "update"},
    "pip": {"install", "download"},
    "pip3": {"install", "download"},
    "uv": {"sync", "pip", "add"},
    "poetry": {"install", "add", "update"},
    "pipenv": {"install", "sync"},
    "cargo": {"fetch", "install", "update"},
    "go": {"get", "install"},
    "bundle": {"install", "update"},
    "gem": {"install"},
    "composer": {"install", "update", "require"},
    "dotnet": {"restore"},
    "git": {"clone", "fetch", "pull", "push"},
    "docker": {"pull", "push", "run", "build"},
    "conda": {"install", "create"},
}
"""The first word after a program that makes it fetch something."""

_OFFLINE = frozenset({"--offline", "--no-index"})


def needs_shell(command: Sequence[str]) -> str:
    """What goes on after "`make && make test` …" where only a shell would understand the command; empty else."""
    found = next((word for word in command if word in _OPERATORS), "")
    if found:
        return f"is run without a shell: {found} is handed on as a word. Give each command a line of its own."
    if command and (_ASSIGNMENT.match(command[0]) or command[0] in _BUILT_IN):
        return f"is run without a shell, and there is no program {command[0].partition('=')[0]}."
    return ""


def needs_network(command: Sequence[str]) -> str:
    """What goes on after "`npm ci` …" where the command fetches something; empty else."""
    words = list(command)
    if len(words) > 2 and _PYTHON.match(words[0]) and words[1] == "-m":  # noqa: PLR2004 - python -m pip
        words = words[2:]
    program, rest = (words[0], words[1:]) if words else ("", [])
    first = next((word for word in rest if not word.startswith("-")), "")
    fetches = program in _FETCHERS or first in _FETCHING.get(program, ()) or (program == "yarn" and not rest)
    if not fetches or _OFFLINE & set(rest):
        return ""
    return (
        "needs a network, and the sandbox has none. Install what it fetches on the worker, "
        "and name its directory in JCA_SANDBOX_RUNTIMES."
    )

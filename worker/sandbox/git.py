"""The one way this worker calls git.

A git directory decides what git executes (hooks, filters, `core.fsmonitor`, …), so none that an agent can write is ever
opened: every call names a trusted one. Overrides on the command line are never complete; they are the second wall.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from jobs import errors
from worker.sandbox import remote
from worker.sandbox.git_process import GitProcess, Output

__all__ = ["GitCredential", "Output", "Repository"]

TIMEOUT = 120.0  # seconds; local work on one repository
NETWORK_TIMEOUT = 900.0  # seconds; the first fetch of a large repository
OUTPUT_LIMIT = 32 * 1024 * 1024  # bytes of standard output

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "SSH_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_SSH_VARIANT": "ssh",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "HOME": "/nonexistent",
}

_CONFIG = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.symlinks", "true"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("core.attributesFile", os.devnull),
    ("core.excludesFile", str(Path(__file__).with_name("litter.gitignore"))),
    ("core.logAllRefUpdates", "false"),
    ("transfer.fsckObjects", "true"),
    # Flaws of old, honest history that every code host serves: https://git-scm.com/docs/git-fsck#_fsck_messages
    ("fetch.fsck.zeroPaddedFilemode", "ignore"),
    ("fetch.fsck.badTimezone", "ignore"),
    ("fetch.fsck.missingSpaceBeforeDate", "ignore"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("submodule.recurse", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("credential.helper", ""),
    ("commit.gpgSign", "false"),
    ("push.gpgSign", "false"),
    ("protocol.allow", "never"),
)


@dataclass(frozen=True)
class GitCredential:
    """A header that is sent to one host over https and to nobody else."""

    host_url: str
    """Scheme and host, such as `https://github.com/`."""
    header: SecretStr
    """The whole header line, such as `Authorization: Basic …`."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"https://[A-Za-z0-9.\[\]:-]+/?", self.host_url):
            raise errors.BadInput(
                f"{self.host_url!r} is not scheme and host of a code host, such as https://github.com/."
            )
        if not re.fullmatch(r"[A-Za-z0-9-]+: [^\r\n\0]+", self.header.get_secret_value()):
            raise errors.BadInput("A git credential is one header line, such as `Authorization: Basic …`.")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every form in which it could be read somewhere: the header, what follows its scheme, the password in that."""
        header = self.header.get_secret_value()
        value = header.partition(": ")[2]
        scheme, _, encoded = value.partition(" ")
        return tuple(form for form in (header, value, encoded, _password(encoded) if scheme == "Basic" else "") if form)


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _settings(url: str, credential: GitCredential | None) -> dict[str, str]:
    """Return the environment that configures one call; the only place a credential is put."""
    config = list(_CONFIG)
    # git repeats extra headers towards wherever it was redirected, so with a credential it must not follow.
    config.append(("http.followRedirects", "false" if credential else "initial"))
    if credential is not None:
        header = credential.header.get_secret_value()
        config.append((f"http.{credential.host_url.rstrip('/')}/.extraHeader", header))
    settings = {"GIT_CONFIG_COUNT": str(len(config)), "GIT_ALLOW_PROTOCOL": remote.transport(url) if url else "none"}
    for number, (key, value) in enumerate(config):
        settings |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return settings


@dataclass(frozen=True)
class Repository:
    """A trusted git directory, and where the index, new objects and the work tree of a job are."""

    git_dir: Path
    """Absolute; never inside anything an agent can write."""
    work_tree: Path | None = None
    index: Path | None = None
    objects: Path | None = None
    """Where new objects go; those of `git_dir` stay readable."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Further `GIT_*` variables, such as author and date of a commit."""

    async def run(
        self,
        *arguments: str,
        url: str = "",
        credential: GitCredential | None = None,
        stdin: bytes = b"",
        seconds: float = TIMEOUT,
        limit: int = OUTPUT_LIMIT,
    ) -> Output:
        """Run git and return what it left behind, whatever its exit code.

        Args:
            arguments: the subcommand and its arguments; data only after `--end-of-options` or `--`.
            url: the only remote this call may talk to; without it every transport is off.
            credential: sent to its own host over https.
            stdin: what git reads from standard input.
            seconds: how long it may take before it is killed.
            limit: bytes of standard output after which git is stopped and the output marked truncated.

        Raises:
            errors.TryAgain: it took longer than `seconds`.
            errors.Refused: `url` is not allowed.
            errors.NotReady: git is not installed.
        """
        environment = {**_ENVIRONMENT, **self._places(), **self.environment, **_settings(url, credential)}
        process = GitProcess(self._command(*arguments), environment, limit=limit, timeout=seconds)
        output = await _finish(process, stdin, f"git {arguments[0]}")
        secrets = credential.secrets if credential else ()
        return Output(output.code, output.stdout, remote.redact(output.stderr, *secrets), output.truncated)

    async def call(self, *arguments: str, stdin: bytes = b"", limit: int = OUTPUT_LIMIT) -> Output:
        """Run git on local data, where only success has a meaning.

        Raises:
            errors.JcaError: git failed; of the kind `remote.failure` says.
        """
        output = await self.run(*arguments, stdin=stdin, limit=limit)
        if output.code:
            raise remote.failure(output.stderr, str(self.git_dir))
        return output

    async def text(self, *arguments: str, stdin: bytes = b"") -> str:
        """Like `call`; return its standard output without the last line end."""
        output = await self.call(*arguments, stdin=stdin)
        return output.stdout.decode(errors="backslashreplace").removesuffix("\n")

    def _command(self, *arguments: str) -> list[str]:
        work_tree = [f"--work-tree={self.work_tree}", "-C", str(self.work_tree)] if self.work_tree else []
        # A job's own objects go with it; what is to outlive it is packed into the mirror, and synced there.
        unsynced = ["-c", "core.fsync=none"] if self.objects else []
        return [f"--git-dir={self.git_dir}", *unsynced, *work_tree, *arguments]

    def _places(self) -> dict[str, str]:
        places = {}
        if self.index:
            places["GIT_INDEX_FILE"] = str(self.index)
        if self.objects:
            places["GIT_OBJECT_DIRECTORY"] = str(self.objects)
            places["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(self.git_dir / "objects")
        return places


async def _finish(process: GitProcess, stdin: bytes, what: str) -> Output:
    """Wait for `process`; a cancelled caller leaves no git behind that still writes."""
    running = asyncio.create_task(asyncio.to_thread(process.run, stdin))
    try:
        return await asyncio.shield(running)
    except TimeoutError as error:
        raise errors.TryAgain(
            f"{what} took too long and was stopped.",
            remedy="Check the remote and this worker's disk, then retry.",
        ) from error
    except ImportError as error:
        raise errors.NotReady("The program `git` is missing.", remedy="Install it: `apt install git`.") from error
    except asyncio.CancelledError:
        process.kill()
        await asyncio.wait({running})
        raise

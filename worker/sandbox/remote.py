"""What may be said to a remote repository, and what its answers mean. Pure: performs no I/O."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from jobs import errors

_SCP_LIKE = re.compile(r"[A-Za-z0-9_.-]+@[A-Za-z0-9_.][A-Za-z0-9_.-]*:[^-].*", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_USERINFO = re.compile(r"(?<=://)[^/\s@]*@")
LONGEST_BRANCH = 200  # characters; leaves room for `refs/heads/` and `.lock` in one file name
_UNSAFE_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|^[./-]|[./]$|\.lock(/|$)")


def transport(url: str) -> str:
    """Return the one protocol git may use for `url`: `https`, `ssh` or `file`.

    An absolute path is `file`. Everything that lets a URL name a program (`ext::`), an option (`-u…`) or a secret is
    refused.

    Raises:
        errors.Refused: git is never started with such an address.
    """
    if not _CONTROL.search(url):
        if url.startswith("/"):
            return "file"
        parts = _split(url)
        if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc:
            return "https"
        if (parts.scheme == "ssh" and _names_host(parts.hostname) and not parts.password) or _SCP_LIKE.fullmatch(url):
            return "ssh"
    raise errors.Refused(
        f"The repository address {redact(url)!r} is not allowed.",
        remedy="Configure https://host/path without user, ssh://host/path, git@host:path or an absolute path.",
    )


class _Parts(NamedTuple):
    scheme: str = ""
    netloc: str = ""
    hostname: str = ""
    password: str = ""


def _split(url: str) -> _Parts:
    try:
        parts = urlsplit(url)
        return _Parts(parts.scheme, parts.netloc, parts.hostname or "", parts.password or "")
    except ValueError:
        return _Parts()


def _names_host(host: str) -> bool:
    return bool(host) and not host.startswith("-")


def branch_ref(branch: str) -> str:
    """Return `refs/heads/<branch>`.

    The rules are those of `git check-ref-format --branch`: https://git-scm.com/docs/git-check-ref-format

    Raises:
        errors.Refused: git would not accept the name, or would read it as something else than a branch.
    """
    if not branch or branch in {"HEAD", "@"} or len(branch) > LONGEST_BRANCH or _UNSAFE_BRANCH.search(branch):
        raise errors.Refused(
            f"{branch[:80]!r} is not a branch name git accepts.",
            remedy="Use letters, digits, `.`, `_`, `-` and `/`, such as `release/1.2`.",
        )
    return f"refs/heads/{branch}"


def redact(text: str, *secrets: str) -> str:
    """Return `text` without user information of URLs and without any of `secrets`."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _USERINFO.sub("***@", text)


class _Meaning(NamedTuple):
    signs: re.Pattern[str]
    error: type[errors.JcaError]
    sentence: str
    remedy: str


_MEANINGS = (
    _Meaning(
        re.compile(r"No space left on device|Disk quota exceeded"),
        errors.NotReady,
        "The worker's disk is full.",
        "Free space in the state directory, then retry.",
    ),
    _Meaning(
        re.compile(r"cannot run ssh"),
        errors.NotReady,
        "The program `ssh` is missing, and {url} needs it.",
        "Install it: `apt install openssh-client`.",
    ),
    _Meaning(
        re.compile(r"dubious ownership"),
        errors.NotReady,
        "The repository {url} belongs to another system user, so git does not trust it.",
        "Give it to the user the worker runs as, or reach it by ssh or https.",
    ),
    _Meaning(
        re.compile(r"Host key verification failed"),
        errors.NotReady,
        "The ssh host key of {url} is not known to this worker.",
        "Add it to the known_hosts file of the user the worker runs as.",
    ),
    _Meaning(
        re.compile(
            r"Authentication failed|could not read (?:Username|Password)|Permission denied \(|"
            r"returned error: 40[13]|terminal prompts disabled|Permission to .* denied",
        ),
        errors.NotReady,
        "{url} did not accept this worker's credential.",
        "Check that the configured credential is valid and covers this repository.",
    ),
    _Meaning(
        re.compile(r"returned error: 3\d\d|from redirection"),
        errors.NotReady,
        "{url} redirects to another address, and credentials do not follow redirects.",
        "Configure the repository's present address.",
    ),
    _Meaning(
        re.compile(r"transport '.*' not allowed"),
        errors.Refused,
        "The transport of {url} is not allowed.",
        "Use https or ssh.",
    ),
    _Meaning(
        re.compile(
            r"[Rr]epository .*not found|does not appear to be a git repository|returned error: 404|"
            r"repository .* does not exist",
        ),
        errors.NotFound,
        "There is no repository at {url}.",
        "Correct its address in the configuration.",
    ),
    _Meaning(
        re.compile(
            r"unable to access|Could not resolve|Connection (?:refused|reset|timed out|closed)|early EOF|RPC failed"
        ),
        errors.TryAgain,
        "{url} could not be reached.",
        "Check its address and this worker's network, then retry.",
    ),
    _Meaning(
        re.compile(r"is corrupt|bad object|unable to read|fsck error|not a git repository"),
        errors.NotReady,
        "git found damaged objects in {url} or in the mirror of it.",
        "Stop the worker, delete the mirror (it is fetched anew) and look at git's own words.",
    ),
)


def failure(stderr: str, url: str) -> errors.JcaError:
    """Say what git's failure means for the caller; `stderr` is already redacted and in English (`LC_ALL=C`)."""
    words = _last_words(stderr)
    for meaning in _MEANINGS:
        if meaning.signs.search(stderr):
            return meaning.error(f"{meaning.sentence.format(url=redact(url))} git says: {words}", remedy=meaning.remedy)
    return errors.TryAgain(
        f"git failed for {redact(url)}: {words}",
        remedy="Retry; if it fails again, run `jca doctor`.",
    )


def _last_words(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(?:fatal|error|remote|ERROR|ssh):?", line)]
    return " / ".join((telling or lines)[:3])[:500] or "nothing"

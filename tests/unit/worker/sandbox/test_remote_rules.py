from __future__ import annotations

import pytest

from jobs import errors
from worker.sandbox import remote


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/shop.git", "https"),
        ("ssh://git@example.org:2222/acme/shop", "ssh"),
        ("git@github.com:acme/shop.git", "ssh"),
        ("/srv/git/shop.git", "file"),
    ],
)
def test_an_address_has_one_transport(url: str, expected: str) -> None:
    assert remote.transport(url) == expected


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c id", "fd::17", "file:///srv", "http://host/x", "git://host/x", "-u./x", "--upload-pack=x", "srv/git",
     "ssh://-oProxyCommand=id/x", "git@-oProxyCommand=id:x", "git@host:-x", "ssh://git:secret@host/x", "https:///x",
     "https://token@host/x", "https://user:secret@host/x", "https://host/a b", "https://host/\nx",
     "https://[::1/x", ""],
)  # fmt: skip
def test_other_addresses_are_refused_without_their_secret(url: str) -> None:
    with pytest.raises(errors.Refused) as refused:
        remote.transport(url)
    assert "secret" not in str(refused.value)
    assert "token" not in str(refused.value)


@pytest.mark.parametrize(
    "branch", ["main", "release/1.2", "jca/SHOP-1", "fix_#3", "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n"]
)
def test_branch_names_become_refs(branch: str) -> None:
    assert remote.branch_ref(branch) == f"refs/heads/{branch}"


@pytest.mark.parametrize(
    "branch",
    ["", "@", "HEAD", "-x", "--upload-pack=x", "a..b", "a@{0}", "a b", "a\tb", "a\0b", "a:b", "a^", "a~1", "a?", "a*",
     "a[b",
     "a\\b", "/a", "a/", "a//b", "a.", ".a", "a/.b", "a.lock", "a.lock/b", "x" * 201],
)  # fmt: skip
def test_what_git_would_read_otherwise_is_no_branch(branch: str) -> None:
    with pytest.raises(errors.Refused):
        remote.branch_ref(branch)


def test_redaction_leaves_neither_user_information_nor_secrets() -> None:
    text = "fatal: https://user:pass@host/x ssh://git@host/y header abc123"

    assert remote.redact(text, "abc123") == "fatal: https://***@host/x ssh://***@host/y header ***"


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        ("fatal: Authentication failed for 'https://host/x/'", errors.NotReady),
        ("fatal: could not read Username for 'https://host': terminal prompts disabled", errors.NotReady),
        ("git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.", errors.NotReady),
        ("Host key verification failed.\nfatal: Could not read from remote repository.", errors.NotReady),
        ("error: The requested URL returned error: 403", errors.NotReady),
        ("fatal: unable to access 'https://h/': The requested URL returned error: 403", errors.NotReady),
        ("remote: Repository not found.\nfatal: repository 'https://h/x/' not found", errors.NotFound),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", errors.TryAgain),
        ("ssh: connect to host h port 22: Connection refused\nfatal: Could not read", errors.TryAgain),
        ("fatal: detected dubious ownership in repository at '/srv/x'", errors.NotReady),
        ("fatal: write error: No space left on device", errors.NotReady),
        ("fatal: transport 'ext' not allowed", errors.Refused),
        ("fatal: something new", errors.TryAgain),
    ],
)
def test_words_of_git_have_a_meaning_and_a_remedy(stderr: str, kind: type[errors.JcaError]) -> None:
    failure = remote.failure(stderr, "https://h/x")

    assert type(failure) is kind
    assert failure.remedy
